// The data gradient of a convolution.
#ifndef RTFQ_OPS_CONV2D_BACKWARD_DATA_H_
#define RTFQ_OPS_CONV2D_BACKWARD_DATA_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::ops {

// Machine code for one geometry, as Conv2dPlan (conv2d.h). It reads T, which is
// float or Bf16 (bf16.h), and adds and writes f32. Each of the batch's parts
// (parts.h) is computed by one thread: oneDNN's strided kernels choose their
// blocks, and with them the order of their sums, by the number of threads.
template <typename T>
class Conv2dBackwardData {
 public:
  // As Conv2dPlan::Create(); kUnimplemented also where oneDNN has nothing but a
  // plain loop for Bf16.
  static absl::StatusOr<std::unique_ptr<Conv2dBackwardData>> Create(
      const Engine& engine, const Conv2dGeometry& geometry);
  ~Conv2dBackwardData();

  // dy [N,P,Q,O], w [O,I,K,K]; overwrites dx [N,H,W,I]; all dense.
  void Run(View<const T> dy, View<const T> w, View<float> dx) const;

  // oneDNN's name of the kernel.
  std::string Description() const;

 private:
  struct Kernels;
  Conv2dBackwardData(const Engine& engine, const Conv2dGeometry& geometry);

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  std::unique_ptr<Kernels> kernels_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_BACKWARD_DATA_H_
