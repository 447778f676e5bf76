// The f32 convolution: forward, data gradient, weight gradient.
#ifndef RTFQ_OPS_CONV2D_H_
#define RTFQ_OPS_CONV2D_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/conv2d_backward_data.h"
#include "rtfq/ops/conv2d_backward_weights.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::ops {

// Machine code for one geometry. Making a plan is slow and may fail; running it
// does neither. Immutable; may be run from many threads at once.
//
// x [N,H,W,I], w [O,I,K,K], y [N,P,Q,O]; all dense. Every sum is formed in an
// order that does not depend on the number of threads.
class Conv2dPlan {
 public:
  // `engine` must outlive the plan. kUnimplemented, naming the geometry, if
  // oneDNN has no such kernel for this CPU.
  static absl::StatusOr<std::unique_ptr<Conv2dPlan>> Create(
      const Engine& engine, const Conv2dGeometry& geometry);
  ~Conv2dPlan();

  const Conv2dGeometry& geometry() const { return geometry_; }

  void Forward(View<const float> x, View<const float> w, View<float> y) const;

  // dx = gradient of the loss by x, given dy = that by y.
  void BackwardData(View<const float> dy, View<const float> w,
                    View<float> dx) const;

  // Overwrites dw with the gradient by w.
  void BackwardWeights(View<const float> x, View<const float> dy,
                       View<float> dw) const;

  // oneDNN's names of the three kernels, for reports: "brgconv:avx2, ...".
  std::string Description() const;

 private:
  struct Kernels;
  Conv2dPlan(const Engine& engine, const Conv2dGeometry& geometry);

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  std::unique_ptr<Kernels> kernels_;
  std::unique_ptr<Conv2dBackwardData<float>> backward_data_;
  std::unique_ptr<Conv2dBackwardWeights<float>> backward_weights_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_H_
