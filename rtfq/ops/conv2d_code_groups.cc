#include "rtfq/ops/conv2d_code_groups.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/conv2d_memory.h"
#include "rtfq/ops/skipped_pixels.h"

namespace rtfq::ops {
namespace {

using dnnl::memory;

// f32 holds every integer up to here.
constexpr int64_t kLargestExactSum = int64_t{1} << 24;
// Sums handed to a reader at once: at batch 1 a deep layer has few, and all
// threads shall have some.
constexpr int64_t kReadPortion = 8192;
// Weights of a group begin at a multiple of this.
constexpr int64_t kAlignment = 64;

void CopyWeights(View<const int8_t> w, int64_t begin, int64_t channels,
                 int8_t* out) {
  const int64_t area = w.shape()[2] * w.shape()[3];
  for (int64_t o = 0; o < w.shape()[0]; ++o) {
    std::memcpy(out + o * channels * area,
                w.data() + (o * w.shape()[1] + begin) * area,
                static_cast<size_t>(channels * area));
  }
}

}  // namespace

struct Conv2dCodeGroups::Group {
  Group(const Engine& engine, const Conv2dGeometry& g, int64_t first)
      : geometry(g),
        first_channel(first),
        desc(engine.dnnl().engine, dnnl::prop_kind::forward_inference,
             dnnl::algorithm::convolution_direct,
             ImagesDesc(g.x_shape(), memory::data_type::u8),
             AnyWeightsDesc(g, memory::data_type::s8),
             ImagesDesc(g.y_shape(), memory::data_type::s32),
             {g.stride, g.stride}, {g.padding, g.padding},
             {g.padding, g.padding}, UserScratchpad()),
        primitive(desc),
        pack(engine, PlainWeightsDesc(g, memory::data_type::s8),
             desc.weights_desc()) {}

  // oneDNN's brgemm kernels store 32-bit sums as they are, the others convert
  // them to f32 and back.
  bool KeepsIntegers() const {
    return std::string_view(desc.impl_info_str()).starts_with("brg");
  }

  int64_t bytes() const {
    return (pack.bytes() + kAlignment - 1) / kAlignment * kAlignment;
  }

  Conv2dGeometry geometry;  // in_channels are the group's
  int64_t first_channel;
  dnnl::convolution_forward::primitive_desc desc;
  dnnl::convolution_forward primitive;
  Repack pack;
};

absl::StatusOr<std::unique_ptr<Conv2dCodeGroups>> Conv2dCodeGroups::Create(
    const Engine& engine, const Conv2dGeometry& geometry, BitWidth bits,
    Sign sign) {
  const Conv2dGeometry run = WithoutSkipping(geometry);
  auto result =
      std::unique_ptr<Conv2dCodeGroups>(new Conv2dCodeGroups(engine, geometry));
  result->parts_ = PartsFor(bits, sign, HasExactU8S8());
  const int64_t largest_product =
      LargestCodeOf(result->parts_.front(), bits, sign) *
      -CodesOf(bits, Sign::kSigned).min;
  const int64_t exact_channels = std::max<int64_t>(
      1, kLargestExactSum / (largest_product * run.kernel * run.kernel));
  auto& groups = result->groups_;
  RTFQ_RETURN_IF_ERROR(
      CatchDnnl(engine, absl::StrCat("u8 x s8 ", geometry.ToString()), [&] {
        auto all = std::make_unique<Group>(engine, run, 0);
        if (exact_channels >= run.in_channels || all->KeepsIntegers()) {
          groups.push_back(std::move(all));
          return;
        }
        for (int64_t begin = 0; begin < run.in_channels;
             begin += exact_channels) {
          Conv2dGeometry part = run;
          part.in_channels = std::min(exact_channels, run.in_channels - begin);
          groups.push_back(std::make_unique<Group>(engine, part, begin));
        }
      }));
  return result;
}

Conv2dCodeGroups::Conv2dCodeGroups(const Engine& engine,
                                   const Conv2dGeometry& geometry)
    : engine_(engine), geometry_(geometry) {}

Conv2dCodeGroups::~Conv2dCodeGroups() = default;

std::string Conv2dCodeGroups::Description() const {
  return absl::StrCat(parts_.size() * groups_.size(), " x ",
                      groups_.front()->desc.impl_info_str());
}

int64_t Conv2dCodeGroups::packed_bytes() const {
  int64_t sum = 0;
  for (const auto& group : groups_) sum += group->bytes();
  return sum;
}

void Conv2dCodeGroups::Pack(View<const int8_t> w_codes, void* packed) const {
  RTFQ_CHECK(w_codes.shape() == geometry_.w_shape() && w_codes.IsDense());
  auto* to = static_cast<uint8_t*>(packed);
  for (const auto& group : groups_) {
    const int64_t channels = group->geometry.in_channels;
    if (channels == geometry_.in_channels) {
      group->pack.Run(engine_, w_codes.data(), to);
    } else {
      const auto w =
          engine_.scratch().Borrow(group->geometry.w_shape().count());
      CopyWeights(w_codes, group->first_channel, channels, w.as<int8_t>());
      group->pack.Run(engine_, w.data(), to);
    }
    to += group->bytes();
  }
}

void Conv2dCodeGroups::RunGroup(const Group& group, View<const uint8_t> x_codes,
                                const void* packed, View<int32_t> acc) const {
  const ThreadPool& threads = engine_.threads();
  const Conv2dGeometry& g = group.geometry;
  const bool whole = g.in_channels == x_codes.shape()[3];
  const bool several = parts_.size() * groups_.size() > 1;
  const auto x = engine_.scratch().Borrow(g.x_shape().count());
  const auto sums = engine_.scratch().Borrow(several ? acc.count() * 4 : 0);
  // The first part's factor is 1: its sums are where the others are added.
  bool first = group.first_channel == 0;
  for (const Part part : parts_) {
    const bool as_it_is = part == Part::kWhole && whole;
    if (!as_it_is) {
      CopyPart(threads, x_codes, group.first_channel, g.in_channels, part,
               x.as<uint8_t>());
    }
    ExecuteDnnl(engine_, group.primitive,
                {{DNNL_ARG_SRC, MemoryAt(engine_, group.desc.src_desc(),
                                         as_it_is ? x_codes.data() : x.data())},
                 {DNNL_ARG_WEIGHTS,
                  MemoryAt(engine_, group.desc.weights_desc(), packed)},
                 {DNNL_ARG_DST, MemoryAt(engine_, group.desc.dst_desc(),
                                         first ? acc.data() : sums.data())}},
                group.desc.scratchpad_desc());
    if (!first) Accumulate(threads, sums.as<int32_t>(), FactorOf(part), acc);
    first = false;
  }
}

void Conv2dCodeGroups::Forward(View<const uint8_t> x_codes, const void* packed,
                               SumReader reader, View<const float>) const {
  RTFQ_CHECK(x_codes.shape() == geometry_.x_shape() && x_codes.IsDense());
  const int64_t count = geometry_.y_shape().count();
  if (count == 0) return;
  const int64_t channels = geometry_.out_channels;
  const bool skips = SkipsPixels(geometry_);
  const Shape run = WithoutSkipping(geometry_).x_shape();
  const auto gathered = engine_.scratch().Borrow(skips ? run.count() : 0);
  if (skips) {
    GatherPixels(engine_.threads(), geometry_, x_codes.data(),
                 gathered.as<uint8_t>());
  }
  const View<const uint8_t> x =
      skips ? View<const uint8_t>(gathered.as<uint8_t>(), run) : x_codes;
  const auto memory = engine_.scratch().Borrow(count * 4);
  const View<int32_t> acc(memory.as<int32_t>(), geometry_.y_shape());
  const auto* weights = static_cast<const uint8_t*>(packed);
  for (const auto& group : groups_) {
    RunGroup(*group, x, weights, acc);
    weights += group->bytes();
  }
  engine_.threads().For(count / channels,
                        std::max<int64_t>(1, kReadPortion / channels),
                        [&](int64_t begin, int64_t end) {
                          reader({.first_pixel = begin,
                                  .pixels = end - begin,
                                  .first_channel = 0,
                                  .channels = channels,
                                  .sums = acc.data() + begin * channels,
                                  .stride = channels});
                        });
}

}  // namespace rtfq::ops
