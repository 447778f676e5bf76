// Numbers of 16 bits for gradients: bf16, the upper half of an f32.
#ifndef RTFQ_OPS_BF16_H_
#define RTFQ_OPS_BF16_H_

#include <cstdint>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// 1 sign, 8 exponent and 7 fraction bits: every integer up to 256 is exact, so
// codes are; any other number within 2^-8 of itself.
struct Bf16 {
  uint16_t bits = 0;
};

// v * factor, rounded to the nearest, ties to even; NaN stays NaN. All views
// here are dense and of one shape.
void RoundToBf16(const ThreadPool& threads, View<const float> v, float factor,
                 View<Bf16> result);

// Codes as numbers, exactly.
void CodesToBf16(const ThreadPool& threads, View<const uint8_t> codes,
                 View<Bf16> result);
void CodesToBf16(const ThreadPool& threads, View<const int8_t> codes,
                 View<Bf16> result);

// Back to f32, exactly.
void Widen(const ThreadPool& threads, View<const Bf16> v, View<float> result);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_BF16_H_
