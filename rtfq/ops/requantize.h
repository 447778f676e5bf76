// What stands between two integer convolutions of a network whose batch norms
// are folded, on dense NHWC tensors:
//
//   v[...,c] = float(sum[...,c]) * scale[c] + bias[c]
//   code     = round_half_even(clamp(v / step, 0, Q_P))
//
// Product and sum are rounded one by one and the quotient is that of a true
// division (code_of.h; code_step.h), so every instruction set gives the same
// bits: with exact sums the whole network does.
#ifndef RTFQ_OPS_REQUANTIZE_H_
#define RTFQ_OPS_REQUANTIZE_H_

#include <cstdint>

#include "rtfq/core/shape.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/code_step.h"
#include "rtfq/ops/sum_block.h"

namespace rtfq::ops {

// [C] each: a folded batch norm (fold_batch_norm.h).
struct ChannelAffine {
  View<const float> scale, bias;
};

// The codes a following layer reads; dense.
struct CodeSink {
  CodeStep step;
  View<uint8_t> codes;
};

// Of a block of sums, in the thread that calls; `affine` and the outputs are
// those of the whole convolution.

// codes of v: cutting at 0 is the ReLU. NaN becomes 0.
void RequantizeSums(const SumBlock& block, const ChannelAffine& affine,
                    const CodeSink& sink);

// y = float(sum) * scale, in training, where batch norm follows by itself.
void ScaleSums(const SumBlock& block, float scale, View<float> y);

// y = v, or max(v, 0).
void AffineSums(const SumBlock& block, const ChannelAffine& affine, bool relu,
                View<float> y);

// What a residual block adds to its last convolution: f32 values of the block's
// shape, or the sums of its shortcut's convolution with their affine, of which
// the block told is the same.
struct Shortcut {
  View<const float> values = {};
  const SumBlock* sums = nullptr;  // instead of values
  ChannelAffine affine = {};
};

// The end of a residual block of `shape`, out = max(v + shortcut, 0), and, with
// a sink, the codes of `out`. `out` may lie where the shortcut's values do; it
// may be without data where there is a sink.
void AddReluSums(const SumBlock& block, const ChannelAffine& affine,
                 const Shortcut& shortcut, const Shape& shape, View<float> out,
                 const CodeSink* sink);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_REQUANTIZE_H_
