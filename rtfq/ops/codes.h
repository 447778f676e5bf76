// Real codes: floats to the integers that are convolved and deployed, and back.
//
//   codes = round_half_even(clamp(v / step, range.min, range.max))
//   v     = float(code) * step
//
// Quantizing and dequantizing equals FakeQuantize (rtfq/ops/lsq.h) bit for bit.
// NaN becomes range.min. Views may be prefixes: rows apart, each dense.
#ifndef RTFQ_OPS_CODES_H_
#define RTFQ_OPS_CODES_H_

#include <cstdint>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// `codes` has v's shape and a type that holds the range: uint8_t for unsigned
// codes, int8_t for signed ones.
void Quantize(const ThreadPool& threads, View<const float> v, float step,
              CodeRange range, View<uint8_t> codes);
void Quantize(const ThreadPool& threads, View<const float> v, float step,
              CodeRange range, View<int8_t> codes);

void Dequantize(const ThreadPool& threads, View<const uint8_t> codes,
                float step, View<float> v);
void Dequantize(const ThreadPool& threads, View<const int8_t> codes, float step,
                View<float> v);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CODES_H_
