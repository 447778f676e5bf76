// Numbers of 16 bits for gradients: bf16, the upper half of an f32.
#ifndef RTFQ_OPS_BF16_H_
#define RTFQ_OPS_BF16_H_

#include <bit>
#include <cstdint>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {

// 1 sign, 8 exponent and 7 fraction bits: every integer up to 256 is exact, so
// codes are; any other number within 2^-8 of itself.
struct Bf16 {
  uint16_t bits = 0;
};

// v rounded to the nearest, ties to even; NaN stays NaN.
RTFQ_ALWAYS_INLINE Bf16 RoundedToBf16(float v) {
  const auto bits = std::bit_cast<uint32_t>(v);
  // A carry out of the fraction goes into the exponent, as it should; of a NaN
  // it could make an infinity, so that one keeps a bit of its own.
  const uint32_t rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  const bool is_nan = (bits & 0x7FFFFFFF) > 0x7F800000;
  return {static_cast<uint16_t>((is_nan ? bits | 0x400000 : rounded) >> 16)};
}

// Where an operation puts its result times `factor`, rounded, instead of f32.
struct Bf16Sink {
  View<Bf16> to;
  float factor = 1;
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
