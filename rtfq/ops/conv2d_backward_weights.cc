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

namespace rtfq::ops {
namespace {

using dnnl::memory;

constexpr int64_t kAddGrain = 16384;  // elements

// The gradient of one part of the batch, on one thread.
struct Part {
  Part(const Engine& engine, const Conv2dGeometry& g)
      : desc(GradientDesc<dnnl::convolution_backward_weights::primitive_desc>(
            engine, g)),
        primitive(desc),
        unpack(engine, desc.diff_weights_desc(),
               PlainWeightsDesc(g, memory::data_type::f32)) {}

  dnnl::convolution_backward_weights::primitive_desc desc;
  dnnl::convolution_backward_weights primitive;
  Repack unpack;
};

// What the kernels compute: a strided 1x1 convolution reads only every
// stride-th pixel, so over those pixels it has stride 1. oneDNN 3.7.2 would
// gather them itself, into a buffer that is too small where the channels are
// no multiple of its vectors.
Conv2dGeometry KernelGeometry(Conv2dGeometry g) {
  if (g.kernel == 1 && g.stride > 1 && g.padding == 0) {
    g.in_size = g.out_size();
    g.stride = 1;
  }
  return g;
}

// The pixels (stride * p, stride * q) of x [N,H,W,I].
void GatherPixels(const ThreadPool& threads, const Conv2dGeometry& g,
                  View<const float> x, float* gathered) {
  const int64_t side = g.out_size();
  threads.For(g.batch * side, 1, [&](int64_t row, int64_t) {
    const int64_t n = row / side, p = row % side;
    const float* from =
        x.data() + (n * g.in_size + p * g.stride) * g.in_size * g.in_channels;
    float* to = gathered + row * side * g.in_channels;
    for (int64_t q = 0; q < side; ++q) {
      std::copy_n(from + q * g.stride * g.in_channels, g.in_channels,
                  to + q * g.in_channels);
    }
  });
}

}  // namespace

struct Conv2dBackwardWeights::Kernels {
  std::unique_ptr<PartKernels<Part>> made;
};

absl::StatusOr<std::unique_ptr<Conv2dBackwardWeights>>
Conv2dBackwardWeights::Create(const Engine& engine,
                              const Conv2dGeometry& geometry) {
  RTFQ_ASSIGN_OR_RETURN(auto made, PartKernels<Part>::Create(
                                       engine, KernelGeometry(geometry),
                                       absl::StrCat("f32 weights gradient of ",
                                                    geometry.ToString())));
  auto result = std::unique_ptr<Conv2dBackwardWeights>(
      new Conv2dBackwardWeights(engine, geometry));
  result->kernels_ =
      std::make_unique<Kernels>(Kernels{.made = std::move(made)});
  return result;
}

Conv2dBackwardWeights::Conv2dBackwardWeights(const Engine& engine,
                                             const Conv2dGeometry& geometry)
    : engine_(engine), geometry_(geometry) {}

Conv2dBackwardWeights::~Conv2dBackwardWeights() = default;

void Conv2dBackwardWeights::Run(View<const float> x, View<const float> dy,
                                View<float> dw) const {
  const PartKernels<Part>& k = *kernels_->made;
  const Conv2dGeometry read = KernelGeometry(geometry_);
  const int64_t x_image = read.x_shape().count() / geometry_.batch;
  const int64_t y_image = dy.count() / geometry_.batch;
  const bool gathers = read != geometry_;
  const ScratchPool::Block gathered = engine_.scratch().Borrow(
      gathers ? read.x_shape().count() * static_cast<int64_t>(sizeof(float))
              : 0);
  if (gathers) {
    GatherPixels(engine_.threads(), geometry_, x, gathered.as<float>());
  }
  const float* x_data = gathers ? gathered.as<float>() : x.data();
  const ScratchPool::Block sums = engine_.scratch().Borrow(
      k.parts.count() * dw.count() * static_cast<int64_t>(sizeof(float)));
  engine_.threads().For(k.parts.count(), 1, [&](int64_t i, int64_t) {
    const Part& part = k.Of(i);
    const int64_t first = k.parts.FirstImage(i);
    const memory::desc packed_desc = part.desc.diff_weights_desc();
    const ScratchPool::Block packed =
        engine_.scratch().Borrow(static_cast<int64_t>(packed_desc.get_size()));
    ExecuteDnnlSerially(
        engine_, part.primitive,
        {{DNNL_ARG_SRC,
          MemoryAt(engine_, part.desc.src_desc(), x_data + first * x_image)},
         {DNNL_ARG_DIFF_DST, MemoryAt(engine_, part.desc.diff_dst_desc(),
                                      dy.data() + first * y_image)},
         {DNNL_ARG_DIFF_WEIGHTS,
          MemoryAt(engine_, packed_desc, packed.data())}},
        part.desc.scratchpad_desc());
    part.unpack.RunSerially(engine_, packed.data(),
                            sums.as<float>() + i * dw.count());
  });
  engine_.threads().For(dw.count(), kAddGrain, [&](int64_t begin, int64_t end) {
    const float* part = sums.as<float>();
    std::copy(part + begin, part + end, dw.data() + begin);
    for (int64_t p = 1; p < k.parts.count(); ++p) {
      part += dw.count();
      float* out = dw.data();
      for (int64_t i = begin; i < end; ++i) out[i] += part[i];
    }
  });
}

std::string Conv2dBackwardWeights::Description() const {
  return absl::StrCat(kernels_->made->parts.count(), " x ",
                      kernels_->made->small->desc.impl_info_str());
}

}  // namespace rtfq::ops
