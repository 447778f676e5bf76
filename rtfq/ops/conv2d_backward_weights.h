// The weight gradient of a convolution.
#ifndef RTFQ_OPS_CONV2D_BACKWARD_WEIGHTS_H_
#define RTFQ_OPS_CONV2D_BACKWARD_WEIGHTS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::ops {

// Machine code for one geometry, as Conv2dPlan (conv2d.h). It reads T, which is
// float or Bf16 (bf16.h), and adds and writes f32. Each thread computes the
// gradient of one part (parts.h) of the batch, and they are added in order, or
// of one part of the output channels, which needs no adding; the geometry alone
// decides which. oneDNN's own kernels would cut the sums by the number of
// threads, and under TBB not cut the batch at all.
template <typename T>
class Conv2dBackwardWeights {
 public:
  // As Conv2dBackwardData::Create().
  static absl::StatusOr<std::unique_ptr<Conv2dBackwardWeights>> Create(
      const Engine& engine, const Conv2dGeometry& geometry);
  ~Conv2dBackwardWeights();

  // x [N,H,W,I], dy [N,P,Q,O]; overwrites dw [O,I,K,K]; all dense.
  void Run(View<const T> x, View<const T> dy, View<float> dw) const;

  // oneDNN's name of the kernel.
  std::string Description() const;

 private:
  struct Kernels;
  Conv2dBackwardWeights(const Engine& engine, const Conv2dGeometry& geometry);
  // x holds the pixels that the kernels read.
  void RunByImages(const T* x, View<const T> dy, View<float> dw) const;
  void RunByChannels(const T* x, View<const T> dy, View<float> dw) const;
  // Overwrites dw, the part's [O,I,K,K].
  void RunPart(int64_t i, const T* x, const T* dy, float* dw) const;

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  std::unique_ptr<Kernels> kernels_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_BACKWARD_WEIGHTS_H_
