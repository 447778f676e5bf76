// Gradient kernels for the parts of a batch or of its output channels.
// Speaks oneDNN; included by rtfq/ops/conv2d_backward_*.cc alone.
#ifndef RTFQ_OPS_CONV2D_PARTS_H_
#define RTFQ_OPS_CONV2D_PARTS_H_

#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "absl/status/statusor.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/conv2d_memory.h"
#include "rtfq/ops/parts.h"

namespace rtfq::ops {

// oneDNN's name of an element type, float or Bf16.
template <typename T>
inline constexpr dnnl::memory::data_type kDnnlType =
    std::is_same_v<T, Bf16> ? dnnl::memory::data_type::bf16
                            : dnnl::memory::data_type::f32;

// What a gradient reads and writes of x [N,H,W,I], w and y.
struct GradientTypes {
  dnnl::memory::data_type x, w, y;
};

// The descriptor of a gradient: Desc is
// dnnl::convolution_backward_data::primitive_desc or that of the weights.
// Throws dnnl::error; of bf16 also as CheckFastBf16().
template <typename Desc>
Desc GradientDesc(const Engine& engine, const Conv2dGeometry& g,
                  const GradientTypes& types) {
  const Desc desc(engine.dnnl().engine, dnnl::algorithm::convolution_direct,
                  ImagesDesc(g.x_shape(), types.x), AnyWeightsDesc(g, types.w),
                  ImagesDesc(g.y_shape(), types.y), {g.stride, g.stride},
                  {g.padding, g.padding}, {g.padding, g.padding},
                  ForwardDesc(engine, g, types.y, types.y), UserScratchpad());
  if (types.y == dnnl::memory::data_type::bf16) {
    CheckFastBf16(desc.impl_info_str());
  }
  return desc;
}

// One Part(engine, geometry) for each size the parts of a convolution have.
template <typename Part>
struct PartKernels {
  explicit PartKernels(Parts p) : parts(p) {}

  // `small` and `large` are the geometries of the parts of the two sizes.
  // `what` comes before oneDNN's words in an error, DnnlError()'s.
  static absl::StatusOr<std::unique_ptr<PartKernels>> Create(
      const Engine& engine, Parts parts, const Conv2dGeometry& small,
      const Conv2dGeometry& large, const std::string& what) {
    auto kernels = std::make_unique<PartKernels>(parts);
    absl::Status status;
    // Inside one thread, for that is what they are made for and run on.
    ThreadPool::ExecuteSerially([&] {
      try {
        kernels->small.emplace(engine, small);
        if (parts.has_large()) kernels->large.emplace(engine, large);
      } catch (const dnnl::error& error) {
        status = DnnlError(error, what);
      }
    });
    RTFQ_RETURN_IF_ERROR(status);
    return kernels;
  }
  // The parts are of the batch.
  static absl::StatusOr<std::unique_ptr<PartKernels>> OfBatch(
      const Engine& engine, const Conv2dGeometry& geometry,
      const std::string& what) {
    const Parts parts(geometry.batch);
    Conv2dGeometry small = geometry, large = geometry;
    small.batch = parts.small_size();
    large.batch = parts.large_size();
    return Create(engine, parts, small, large, what);
  }

  const Part& Of(int64_t part) const {
    return parts.IsLarge(part) ? *large : *small;
  }

  Parts parts;
  std::optional<Part> large, small;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_PARTS_H_
