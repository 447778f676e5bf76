// Batch normalization, ReLU and quantization in one pass: what stands between
// two convolutions of a block. The normalized values are never stored; backward
// computes them again from the convolution's output.
//
//   v    = max(gamma * (x - mean) / sqrt(variance + epsilon) + beta, 0)
//   code = round_half_even(clamp(v / step, 0, Q_P))
//
// The same bits as BatchNormNormalize() (batch_norm.h) with ReLU, then
// Quantize() (codes.h). Ours (docs/paper_map.md): the composition is the
// paper's, joining it saves 4 of 9 bytes kept for backward.
#ifndef RTFQ_OPS_NORMALIZE_QUANTIZE_H_
#define RTFQ_OPS_NORMALIZE_QUANTIZE_H_

#include <cstdint>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/normalization.h"

namespace rtfq::ops {

// x and codes dense [...,C]; `range` is of unsigned codes, 0..Q_P. NaN becomes
// 0.
void NormalizeQuantize(const ThreadPool& threads, View<const float> x,
                       const Normalization& normalization, float step,
                       CodeRange range, View<uint8_t> codes);

// Gradients where mean and variance were those of `x` itself, from `dv_hat`,
// the gradient by code * step: FakeQuantizeBackward() (lsq.h), ReluBackward()
// and BatchNormBackward(). `dx` may be `dv_hat` itself; with `rounded`, the
// result goes there and dx is overwritten all the same; dgamma and dbeta [C]
// are added to. Returns d(loss)/d(step) for `n` features an image.
[[nodiscard]] float NormalizeQuantizeBackward(
    const ThreadPool& threads, View<const float> x,
    const Normalization& normalization, float step, CodeRange range, int64_t n,
    View<const float> dv_hat, View<float> dx, View<float> dgamma,
    View<float> dbeta, const Bf16Sink* rounded = nullptr);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_NORMALIZE_QUANTIZE_H_
