#include "rtfq/ops/conv2d_backward_weights.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/conv2d_memory.h"
#include "rtfq/ops/conv2d_parts.h"
#include "rtfq/ops/skipped_pixels.h"

namespace rtfq::ops {
namespace {

using dnnl::memory;

constexpr int64_t kAddGrain = 16384;  // elements
constexpr int64_t kChannelUnit = 8;   // a vector's

// The gradient of one part, on one thread.
template <typename T>
struct WeightsPart {
  WeightsPart(const Engine& engine, const Conv2dGeometry& g)
      : desc(GradientDesc<dnnl::convolution_backward_weights::primitive_desc>(
            engine, g, {kDnnlType<T>, memory::data_type::f32, kDnnlType<T>})),
        primitive(desc),
        unpack(engine, desc.diff_weights_desc(),
               PlainWeightsDesc(g, memory::data_type::f32)) {}

  dnnl::convolution_backward_weights::primitive_desc desc;
  dnnl::convolution_backward_weights primitive;
  Repack unpack;
};

// Whether the parts are of the output channels and not of the batch. Each part
// of the batch writes a whole gradient, which is read again to be added; each
// part of the channels reads all of x. So the lighter of the two decides, and
// gradients of the late layers, whose images are small, are never added.
template <typename T>
bool SplitsChannels(const Conv2dGeometry& g) {
  const auto w_bytes =
      g.w_shape().count() * static_cast<int64_t>(sizeof(float));
  const auto x_bytes = g.x_shape().count() * static_cast<int64_t>(sizeof(T));
  return g.out_channels % kChannelUnit == 0 && g.out_channels > kChannelUnit &&
         Parts::kMaxParts * w_bytes >= 2 * x_bytes;
}

}  // namespace

template <typename T>
struct Conv2dBackwardWeights<T>::Kernels {
  std::unique_ptr<PartKernels<WeightsPart<T>>> parts;
  bool of_channels = false;  // or of the batch
};

template <typename T>
absl::StatusOr<std::unique_ptr<Conv2dBackwardWeights<T>>>
Conv2dBackwardWeights<T>::Create(const Engine& engine,
                                 const Conv2dGeometry& geometry) {
  RTFQ_RETURN_IF_ERROR(CheckGeometry(geometry));
  const Conv2dGeometry g = WithoutSkipping(geometry);
  const std::string what =
      absl::StrCat("weights gradient of ", geometry.ToString());
  auto kernels = std::make_unique<Kernels>();
  kernels->of_channels = SplitsChannels<T>(g);
  if (kernels->of_channels) {
    const Parts parts(g.out_channels / kChannelUnit);
    Conv2dGeometry small = g, large = g;
    small.out_channels = parts.small_size() * kChannelUnit;
    large.out_channels = parts.large_size() * kChannelUnit;
    RTFQ_ASSIGN_OR_RETURN(
        kernels->parts,
        PartKernels<WeightsPart<T>>::Create(engine, parts, small, large, what));
  } else {
    RTFQ_ASSIGN_OR_RETURN(
        kernels->parts, PartKernels<WeightsPart<T>>::OfBatch(engine, g, what));
  }
  auto result = std::unique_ptr<Conv2dBackwardWeights>(
      new Conv2dBackwardWeights(engine, geometry));
  result->kernels_ = std::move(kernels);
  return result;
}

template <typename T>
Conv2dBackwardWeights<T>::Conv2dBackwardWeights(const Engine& engine,
                                                const Conv2dGeometry& geometry)
    : engine_(engine), geometry_(geometry) {}

template <typename T>
Conv2dBackwardWeights<T>::~Conv2dBackwardWeights() = default;

template <typename T>
void Conv2dBackwardWeights<T>::Run(View<const T> x, View<const T> dy,
                                   View<float> dw) const {
  const Conv2dGeometry read = WithoutSkipping(geometry_);
  const bool gathers = read != geometry_;
  const ScratchPool::Block gathered = engine_.scratch().Borrow(
      gathers ? read.x_shape().count() * static_cast<int64_t>(sizeof(T)) : 0);
  if (gathers) {
    GatherPixels(engine_.threads(), geometry_, x.data(), gathered.as<T>());
  }
  const T* pixels = gathers ? gathered.as<T>() : x.data();
  if (kernels_->of_channels) {
    RunByChannels(pixels, dy, dw);
  } else {
    RunByImages(pixels, dy, dw);
  }
}

template <typename T>
void Conv2dBackwardWeights<T>::RunPart(int64_t i, const T* x, const T* dy,
                                       float* dw) const {
  const WeightsPart<T>& part = kernels_->parts->Of(i);
  const memory::desc packed_desc = part.desc.diff_weights_desc();
  const ScratchPool::Block packed =
      engine_.scratch().Borrow(static_cast<int64_t>(packed_desc.get_size()));
  ExecuteDnnlSerially(
      engine_, part.primitive,
      {{DNNL_ARG_SRC, MemoryAt(engine_, part.desc.src_desc(), x)},
       {DNNL_ARG_DIFF_DST, MemoryAt(engine_, part.desc.diff_dst_desc(), dy)},
       {DNNL_ARG_DIFF_WEIGHTS, MemoryAt(engine_, packed_desc, packed.data())}},
      part.desc.scratchpad_desc());
  part.unpack.RunSerially(engine_, packed.data(), dw);
}

template <typename T>
void Conv2dBackwardWeights<T>::RunByChannels(const T* x, View<const T> dy,
                                             View<float> dw) const {
  const Parts& parts = kernels_->parts->parts;
  const int64_t row = geometry_.out_channels;
  const int64_t pixels = dy.count() / row;
  engine_.threads().For(parts.count(), 1, [&](int64_t i, int64_t) {
    const int64_t first = parts.First(i) * kChannelUnit;
    const int64_t width = parts.SizeOf(i) * kChannelUnit;
    const ScratchPool::Block columns = engine_.scratch().Borrow(
        pixels * width * static_cast<int64_t>(sizeof(T)));
    for (int64_t p = 0; p < pixels; ++p) {
      std::copy_n(dy.data() + p * row + first, width,
                  columns.as<T>() + p * width);
    }
    RunPart(i, x, columns.as<T>(), dw.data() + first * (dw.count() / row));
  });
}

template <typename T>
void Conv2dBackwardWeights<T>::RunByImages(const T* x, View<const T> dy,
                                           View<float> dw) const {
  const Parts& parts = kernels_->parts->parts;
  const int64_t x_image =
      WithoutSkipping(geometry_).x_shape().count() / geometry_.batch;
  const int64_t y_image = dy.count() / geometry_.batch;
  const ScratchPool::Block sums = engine_.scratch().Borrow(
      parts.count() * dw.count() * static_cast<int64_t>(sizeof(float)));
  engine_.threads().For(parts.count(), 1, [&](int64_t i, int64_t) {
    const int64_t first = parts.First(i);
    RunPart(i, x + first * x_image, dy.data() + first * y_image,
            sums.as<float>() + i * dw.count());
  });
  engine_.threads().For(dw.count(), kAddGrain, [&](int64_t begin, int64_t end) {
    const float* part = sums.as<float>();
    std::copy(part + begin, part + end, dw.data() + begin);
    for (int64_t p = 1; p < parts.count(); ++p) {
      part += dw.count();
      float* out = dw.data();
      for (int64_t i = begin; i < end; ++i) out[i] += part[i];
    }
  });
}

template <typename T>
std::string Conv2dBackwardWeights<T>::Description() const {
  return absl::StrCat(kernels_->parts->parts.count(),
                      kernels_->of_channels ? " x (channels) " : " x ",
                      kernels_->parts->small->desc.impl_info_str());
}

template class Conv2dBackwardWeights<float>;
template class Conv2dBackwardWeights<Bf16>;

}  // namespace rtfq::ops
