// Gradient kernels for the parts of a batch.
// Speaks oneDNN; included by rtfq/ops/conv2d_backward_*.cc alone.
#ifndef RTFQ_OPS_CONV2D_PARTS_H_
#define RTFQ_OPS_CONV2D_PARTS_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/batch_parts.h"
#include "rtfq/ops/conv2d_memory.h"

namespace rtfq::ops {

// The descriptor of an f32 gradient: Desc is
// dnnl::convolution_backward_data::primitive_desc or that of the weights.
template <typename Desc>
Desc GradientDesc(const Engine& engine, const Conv2dGeometry& g) {
  constexpr auto kF32 = dnnl::memory::data_type::f32;
  return Desc(engine.dnnl().engine, dnnl::algorithm::convolution_direct,
              ImagesDesc(g.x_shape(), kF32), AnyWeightsDesc(g, kF32),
              ImagesDesc(g.y_shape(), kF32), {g.stride, g.stride},
              {g.padding, g.padding}, {g.padding, g.padding},
              ForwardDesc(engine, g), UserScratchpad());
}

// One Part(engine, geometry) for each size the parts of a batch have.
template <typename Part>
struct PartKernels {
  explicit PartKernels(int64_t batch) : parts(batch) {}

  // `what` comes before oneDNN's words in an error, DnnlError()'s.
  static absl::StatusOr<std::unique_ptr<PartKernels>> Create(
      const Engine& engine, const Conv2dGeometry& geometry,
      const std::string& what) {
    auto kernels = std::make_unique<PartKernels>(geometry.batch);
    absl::Status status;
    // Inside one thread, for that is what they are made for and run on.
    ThreadPool::ExecuteSerially([&] {
      try {
        Conv2dGeometry part = geometry;
        part.batch = kernels->parts.small_images();
        kernels->small.emplace(engine, part);
        if (!kernels->parts.has_large()) return;
        part.batch = kernels->parts.large_images();
        kernels->large.emplace(engine, part);
      } catch (const dnnl::error& error) {
        status = DnnlError(error, what);
      }
    });
    RTFQ_RETURN_IF_ERROR(status);
    return kernels;
  }

  const Part& Of(int64_t part) const {
    return parts.IsLarge(part) ? *large : *small;
  }

  BatchParts parts;
  std::optional<Part> large, small;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_PARTS_H_
