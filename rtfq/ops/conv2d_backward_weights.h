// The weight gradient of an f32 convolution.
#ifndef RTFQ_OPS_CONV2D_BACKWARD_WEIGHTS_H_
#define RTFQ_OPS_CONV2D_BACKWARD_WEIGHTS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::ops {

// A part of Conv2dPlan. The gradient of each of the batch's parts
// (batch_parts.h) is computed by one thread, and they are added in order.
// oneDNN's own kernels would cut the sums by the number of threads, and under
// TBB not cut the batch at all.
class Conv2dBackwardWeights {
 public:
  // As Conv2dPlan::Create().
  static absl::StatusOr<std::unique_ptr<Conv2dBackwardWeights>> Create(
      const Engine& engine, const Conv2dGeometry& geometry);
  ~Conv2dBackwardWeights();

  // x [N,H,W,I], dy [N,P,Q,O]; overwrites dw [O,I,K,K]; all dense.
  void Run(View<const float> x, View<const float> dy, View<float> dw) const;

  // oneDNN's name of the kernel.
  std::string Description() const;

 private:
  struct Kernels;
  Conv2dBackwardWeights(const Engine& engine, const Conv2dGeometry& geometry);

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  std::unique_ptr<Kernels> kernels_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_BACKWARD_WEIGHTS_H_
