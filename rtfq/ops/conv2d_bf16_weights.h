// The gradient of a convolution by its weights, in bf16.
#ifndef RTFQ_OPS_CONV2D_BF16_WEIGHTS_H_
#define RTFQ_OPS_CONV2D_BF16_WEIGHTS_H_

#include <cstdint>
#include <string>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/bf16.h"

namespace rtfq::ops {

// What the ways of our own to compute it have in common. Sums are in f32, in
// an order that the geometry alone decides. Immutable.
class Conv2dBf16Weights {
 public:
  virtual ~Conv2dBf16Weights() = default;

  // x_codes or x [N,H,W,I] (the bytes of s8 codes where `sign` is kSigned), dy
  // [N,P,Q,O]; overwrites dw [O,I,K,K]; all dense.
  virtual void Run(View<const uint8_t> x_codes, Sign sign, View<const Bf16> dy,
                   View<float> dw) const = 0;
  virtual void Run(View<const Bf16> x, View<const Bf16> dy,
                   View<float> dw) const = 0;

  // The kernel's name.
  virtual std::string Description() const = 0;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_BF16_WEIGHTS_H_
