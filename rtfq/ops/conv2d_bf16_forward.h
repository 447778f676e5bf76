// A convolution of numbers of 16 bits.
#ifndef RTFQ_OPS_CONV2D_BF16_FORWARD_H_
#define RTFQ_OPS_CONV2D_BF16_FORWARD_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/conv2d.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::ops {

// As Conv2dPlan::Forward() (conv2d.h), of x and w in bf16, added and written in
// f32. Where the processor does not multiply bf16 the factors are widened and
// an f32 kernel runs: equal but for the order of sums.
class Conv2dBf16Forward {
 public:
  // Errors as Conv2dPlan::Create().
  static absl::StatusOr<std::unique_ptr<Conv2dBf16Forward>> Create(
      const Engine& engine, const Conv2dGeometry& geometry);
  ~Conv2dBf16Forward();

  // x [N,H,W,I], w [O,I,K,K]; overwrites y [N,P,Q,O]; all dense.
  void Run(View<const Bf16> x, View<const Bf16> w, View<float> y) const;

  // oneDNN's name of the kernel.
  std::string Description() const;

 private:
  struct Kernel;
  Conv2dBf16Forward(const Engine& engine, const Conv2dGeometry& geometry);
  void RunWidened(View<const Bf16> x, View<const Bf16> w, View<float> y) const;

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  std::unique_ptr<Kernel> kernel_;
  std::unique_ptr<Conv2dPlan> wide_;  // instead
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_BF16_FORWARD_H_
