// The two kernels of requantize.h that write codes, for AVX-512.
#ifndef RTFQ_OPS_REQUANTIZE_AVX512_H_
#define RTFQ_OPS_REQUANTIZE_AVX512_H_

#include <cstdint>

#include "rtfq/ops/code_step.h"

namespace rtfq::ops {

// Sums of `rows` pixels, of `channels` each; rows of everything else, f32 and
// codes, are `stride` apart.
struct SumRows {
  const int32_t* sums;
  int64_t rows, channels;
  int64_t sums_stride, stride;
  const float *scale, *bias;  // [channels]
};

// What the end of a residual block reads beside its sums and what it writes;
// rows are SumRows::stride apart.
struct ResidualRows {
  const float* shortcut = nullptr;
  SumRows shortcut_sums = {};  // instead
  float* out = nullptr;        // may be the shortcut, or missing
  uint8_t* codes = nullptr;
  CodeStep step;
};

// Need AVX-512 F, BW and VL, and a step with as_products.

// codes of v = float(sum) * scale + bias.
void RequantizeAvx512(const SumRows& in, const CodeStep& step, uint8_t* codes);

// out = max(v + shortcut, 0) and its codes.
void AddReluQuantizeAvx512(const SumRows& in, const ResidualRows& with);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_REQUANTIZE_AVX512_H_
