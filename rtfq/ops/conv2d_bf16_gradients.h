// The gradients of a convolution, from numbers of 16 bits.
#ifndef RTFQ_OPS_CONV2D_BF16_GRADIENTS_H_
#define RTFQ_OPS_CONV2D_BF16_GRADIENTS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/scratch.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/conv2d.h"
#include "rtfq/ops/conv2d_backward_data.h"
#include "rtfq/ops/conv2d_backward_weights.h"
#include "rtfq/ops/conv2d_bf16_weights.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::ops {

// As the gradients of Conv2dPlan (conv2d.h), of codes, which bf16 holds
// exactly, or of other numbers in bf16, and of dy in bf16, added in f32. Fast
// where the processor multiplies bf16: oneDNN's kernels for the data, for the
// weights our own where the window suits them (conv2d_bf16_weights.h).
// Elsewhere the factors are widened and f32 kernels run: equal but for the
// order of sums.
class Conv2dBf16Gradients {
 public:
  // Errors as Conv2dPlan::Create().
  static absl::StatusOr<std::unique_ptr<Conv2dBf16Gradients>> Create(
      const Engine& engine, const Conv2dGeometry& geometry);

  // dy [N,P,Q,O], w [O,I,K,K]; overwrites dx [N,H,W,I]; all dense.
  void BackwardData(View<const Bf16> dy, View<const int8_t> w_codes,
                    View<float> dx) const;
  void BackwardData(View<const Bf16> dy, View<const Bf16> w,
                    View<float> dx) const;
  // x [N,H,W,I], of codes the bytes of s8 ones where `sign` is kSigned;
  // overwrites dw [O,I,K,K].
  void BackwardWeights(View<const uint8_t> x_codes, Sign sign,
                       View<const Bf16> dy, View<float> dw) const;
  void BackwardWeights(View<const Bf16> x, View<const Bf16> dy,
                       View<float> dw) const;

  // Whether the processor multiplies bf16 itself.
  bool native() const { return wide_ == nullptr; }
  // The kernels' names.
  std::string Description() const;

 private:
  explicit Conv2dBf16Gradients(const Engine& engine) : engine_(engine) {}
  ScratchPool::Block Widened(View<const Bf16> v) const;
  template <typename Code>
  ScratchPool::Block Numbers(View<const Code> codes) const;

  const Engine& engine_;
  std::unique_ptr<Conv2dBackwardData<Bf16>> data_;
  std::unique_ptr<Conv2dBackwardWeights<Bf16>> weights_;
  std::unique_ptr<Conv2dBf16Weights> own_weights_;  // instead of weights_
  std::unique_ptr<Conv2dPlan> wide_;                // instead of both
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_BF16_GRADIENTS_H_
