#include "rtfq/ops/conv2d_int8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/code_parts.h"
#include "rtfq/ops/conv2d_amx.h"
#include "rtfq/ops/conv2d_code_kernel.h"
#include "rtfq/ops/conv2d_memory.h"
#include "rtfq/ops/conv2d_tiles.h"
#include "rtfq/ops/skipped_pixels.h"

namespace rtfq::ops {
namespace {

using dnnl::memory;

// f32 holds every integer up to here.
constexpr int64_t kLargestExactSum = int64_t{1} << 24;
// Sums handed to a reader at once: at batch 1 a deep layer has few, and all
// threads shall have some.
constexpr int64_t kReadPortion = 8192;

// Reads sums into `acc`.
auto CopyTo(View<int32_t> acc) {
  return [acc](const SumBlock& block) {
    const int64_t channels = acc.shape()[3];
    int32_t* to =
        acc.data() + block.first_pixel * channels + block.first_channel;
    for (int64_t i = 0; i < block.pixels; ++i) {
      std::copy_n(block.sums + i * block.stride, block.channels,
                  to + i * channels);
    }
  };
}

// Null where oneDNN's convolutions are to be taken.
std::unique_ptr<Conv2dCodeKernel> TilesOfOurOwn(const Engine& engine,
                                                const Conv2dGeometry& geometry,
                                                BitWidth bits, Sign sign) {
  if (UsesAmx()) return std::make_unique<Conv2dAmx>(engine, geometry, sign);
  if (!UsesPlainAvx2() && !UsesAvx512Vnni()) return nullptr;
  return std::make_unique<Conv2dTiles>(engine, geometry, bits, sign,
                                       UsesAvx512Vnni());
}

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

struct Conv2dInt8Plan::Group {
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

  Conv2dGeometry geometry;  // in_channels are the group's
  int64_t first_channel;
  dnnl::convolution_forward::primitive_desc desc;
  dnnl::convolution_forward primitive;
  Repack pack;
};

struct Conv2dInt8Plan::Kernel {
  std::unique_ptr<Conv2dCodeKernel> tiles;  // instead of the rest
  const Conv2dAmx* amx = nullptr;           // where that is what `tiles` are
  std::vector<Part> parts;
  // In order of their first input channel; most plans have one.
  std::vector<std::unique_ptr<Group>> groups;
};

absl::StatusOr<std::unique_ptr<Conv2dInt8Plan>> Conv2dInt8Plan::Create(
    const Engine& engine, const Conv2dGeometry& geometry, BitWidth bits,
    Sign sign) {
  RTFQ_RETURN_IF_ERROR(CheckGeometry(geometry));
  RTFQ_CHECK(IsQuantized(bits));
  const Conv2dGeometry run = WithoutSkipping(geometry);
  auto plan = std::unique_ptr<Conv2dInt8Plan>(
      new Conv2dInt8Plan(engine, geometry, bits, sign));
  plan->kernel_ = std::make_unique<Kernel>();
  Kernel* kernel = plan->kernel_.get();
  kernel->tiles = TilesOfOurOwn(engine, geometry, bits, sign);
  kernel->amx = dynamic_cast<const Conv2dAmx*>(kernel->tiles.get());
  if (kernel->tiles != nullptr) return plan;
  kernel->parts = PartsFor(bits, sign, HasExactU8S8());
  const int64_t largest_product =
      LargestCodeOf(kernel->parts.front(), bits, sign) *
      -CodesOf(bits, Sign::kSigned).min;
  const int64_t exact_channels = std::max<int64_t>(
      1, kLargestExactSum / (largest_product * run.kernel * run.kernel));
  RTFQ_RETURN_IF_ERROR(
      CatchDnnl(engine, absl::StrCat("u8 x s8 ", geometry.ToString()), [&] {
        auto all = std::make_unique<Group>(engine, run, 0);
        if (exact_channels >= run.in_channels || all->KeepsIntegers()) {
          kernel->groups.push_back(std::move(all));
          return;
        }
        for (int64_t begin = 0; begin < run.in_channels;
             begin += exact_channels) {
          Conv2dGeometry part = run;
          part.in_channels = std::min(exact_channels, run.in_channels - begin);
          kernel->groups.push_back(
              std::make_unique<Group>(engine, part, begin));
        }
      }));
  return plan;
}

Conv2dInt8Plan::Conv2dInt8Plan(const Engine& engine,
                               const Conv2dGeometry& geometry, BitWidth bits,
                               Sign sign)
    : engine_(engine), geometry_(geometry), bits_(bits), sign_(sign) {}

Conv2dInt8Plan::~Conv2dInt8Plan() = default;

void Conv2dInt8Plan::PackGroup(const Group& group, View<const int8_t> w_codes,
                               void* packed) const {
  RTFQ_CHECK(w_codes.shape() == geometry_.w_shape() && w_codes.IsDense());
  const int64_t channels = group.geometry.in_channels;
  if (channels == geometry_.in_channels) {
    group.pack.Run(engine_, w_codes.data(), packed);
    return;
  }
  const auto w = engine_.scratch().Borrow(group.geometry.w_shape().count());
  CopyWeights(w_codes, group.first_channel, channels, w.as<int8_t>());
  group.pack.Run(engine_, w.data(), packed);
}

void Conv2dInt8Plan::RunGroup(const Group& group, View<const uint8_t> x_codes,
                              const void* packed, View<int32_t> acc) const {
  const ThreadPool& threads = engine_.threads();
  const Conv2dGeometry& g = group.geometry;
  const bool whole = g.in_channels == x_codes.shape()[3];
  const bool several = kernel_->parts.size() * kernel_->groups.size() > 1;
  const auto x = engine_.scratch().Borrow(g.x_shape().count());
  const auto sums = engine_.scratch().Borrow(several ? acc.count() * 4 : 0);
  // The first part's factor is 1: its sums are where the others are added.
  bool first = group.first_channel == 0;
  for (const Part part : kernel_->parts) {
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

ScratchPool::Block Conv2dInt8Plan::BorrowGathered() const {
  const bool skips = SkipsPixels(geometry_);
  return engine_.scratch().Borrow(
      skips ? WithoutSkipping(geometry_).x_shape().count() : 0);
}

View<const uint8_t> Conv2dInt8Plan::Gathered(
    View<const uint8_t> x_codes, const ScratchPool::Block& memory) const {
  RTFQ_CHECK(x_codes.shape() == geometry_.x_shape() && x_codes.IsDense());
  if (!SkipsPixels(geometry_)) return x_codes;
  GatherPixels(engine_.threads(), geometry_, x_codes.data(),
               memory.as<uint8_t>());
  return {memory.as<uint8_t>(), WithoutSkipping(geometry_).x_shape()};
}

void Conv2dInt8Plan::Forward(View<const uint8_t> x_codes,
                             View<const int8_t> w_codes,
                             View<int32_t> acc) const {
  RTFQ_CHECK(acc.shape() == geometry_.y_shape() && acc.IsDense());
  if (kernel_->tiles != nullptr) {
    Forward(x_codes, w_codes, CopyTo(acc));
    return;
  }
  const auto gathered = BorrowGathered();
  const View<const uint8_t> x = Gathered(x_codes, gathered);
  for (const auto& group : kernel_->groups) {
    const auto packed = group->pack.Borrow(engine_);
    PackGroup(*group, w_codes, packed.data());
    RunGroup(*group, x, packed.data(), acc);
  }
}

Conv2dInt8Plan::PackedWeights Conv2dInt8Plan::Pack(
    View<const int8_t> w_codes) const {
  PackedWeights packed;
  if (kernel_->tiles != nullptr) {
    packed.groups_.push_back(
        TensorOf<uint8_t>::Uninitialized({kernel_->tiles->packed_bytes()}));
    kernel_->tiles->Pack(w_codes, packed.groups_.back().data());
    return packed;
  }
  for (const auto& group : kernel_->groups) {
    packed.groups_.push_back(
        TensorOf<uint8_t>::Uninitialized({group->pack.bytes()}));
    PackGroup(*group, w_codes, packed.groups_.back().data());
  }
  return packed;
}

void Conv2dInt8Plan::Forward(View<const uint8_t> x_codes,
                             const PackedWeights& weights,
                             View<int32_t> acc) const {
  RTFQ_CHECK(acc.shape() == geometry_.y_shape() && acc.IsDense());
  if (kernel_->tiles != nullptr) {
    Forward(x_codes, weights, CopyTo(acc));
    return;
  }
  RTFQ_CHECK(weights.groups_.size() == kernel_->groups.size());
  const auto gathered = BorrowGathered();
  const View<const uint8_t> x = Gathered(x_codes, gathered);
  for (size_t i = 0; i < kernel_->groups.size(); ++i) {
    RunGroup(*kernel_->groups[i], x, weights.groups_[i].data(), acc);
  }
}

void Conv2dInt8Plan::ReadAll(absl::FunctionRef<void(View<int32_t>)> forward,
                             SumReader reader) const {
  const int64_t count = geometry_.y_shape().count();
  if (count == 0) return;
  const int64_t channels = geometry_.out_channels;
  const auto memory = engine_.scratch().Borrow(count * 4);
  const View<int32_t> acc(memory.as<int32_t>(), geometry_.y_shape());
  forward(acc);
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

void Conv2dInt8Plan::Forward(View<const uint8_t> x_codes,
                             const PackedWeights& weights, SumReader reader,
                             View<const float> beside) const {
  if (kernel_->tiles != nullptr) {
    RTFQ_CHECK(weights.groups_.size() == 1);
    kernel_->tiles->Forward(x_codes, weights.groups_[0].data(), reader, beside);
    return;
  }
  ReadAll([&](View<int32_t> acc) { Forward(x_codes, weights, acc); }, reader);
}

void Conv2dInt8Plan::Forward(View<const uint8_t> x_codes,
                             View<const int8_t> w_codes,
                             SumReader reader) const {
  if (kernel_->tiles != nullptr) {
    const auto packed =
        engine_.scratch().Borrow(kernel_->tiles->packed_bytes());
    kernel_->tiles->Pack(w_codes, packed.data());
    kernel_->tiles->Forward(x_codes, packed.data(), reader, {});
    return;
  }
  ReadAll([&](View<int32_t> acc) { Forward(x_codes, w_codes, acc); }, reader);
}

void Conv2dInt8Plan::ForwardPair(View<const uint8_t> x_codes,
                                 const PackedWeights& weights,
                                 const Conv2dInt8Plan& other,
                                 View<const uint8_t> other_codes,
                                 const PackedWeights& other_weights,
                                 SumPairReader reader) const {
  const Shape shape = geometry_.y_shape();
  RTFQ_CHECK(other.geometry_.y_shape() == shape);
  if (kernel_->amx != nullptr && other.kernel_->amx != nullptr) {
    kernel_->amx->ForwardPair(x_codes, weights.groups_[0].data(),
                              *other.kernel_->amx, other_codes,
                              other_weights.groups_[0].data(), reader);
    return;
  }
  const auto memory = engine_.scratch().Borrow(shape.count() * 4);
  const View<int32_t> sums(memory.as<int32_t>(), shape);
  other.Forward(other_codes, other_weights, sums);
  Forward(x_codes, weights, [&](const SumBlock& block) {
    SumBlock beside = block;
    beside.stride = shape[3];
    beside.sums =
        sums.data() + block.first_pixel * shape[3] + block.first_channel;
    reader(block, beside);
  });
}

int64_t Conv2dInt8Plan::PackedWeights::bytes() const {
  int64_t sum = 0;
  for (const auto& group : groups_) sum += group.count();
  return sum;
}

std::string Conv2dInt8Plan::Description() const {
  if (kernel_->tiles != nullptr) return kernel_->tiles->Description();
  return absl::StrCat(kernel_->parts.size() * kernel_->groups.size(), " x ",
                      kernel_->groups.front()->desc.impl_info_str());
}

}  // namespace rtfq::ops
