// Batch norm with fixed statistics as one scale and one bias per channel.
#ifndef RTFQ_OPS_FOLD_BATCH_NORM_H_
#define RTFQ_OPS_FOLD_BATCH_NORM_H_

#include "rtfq/core/tensor.h"
#include "rtfq/ops/normalization.h"

namespace rtfq::ops {

// What turns the integer sums of a convolution into normalized values:
// v[...,c] = float(sum) * scale[c] + bias[c] (requantize.h).
struct FoldedBatchNorm {
  Tensor scale;  // [C]
  Tensor bias;   // [C]
};

// With x = sum * sum_scale, sum_scale = step_x * step_w:
//
//   scale[c] = sum_scale * gamma[c] / sqrt(variance[c] + epsilon)
//   bias[c]  = beta[c] - mean[c] * gamma[c] / sqrt(variance[c] + epsilon)
//
// in double, rounded once. Evaluation and export both fold here, so that what
// is deployed is, bit for bit, what was judged.
FoldedBatchNorm FoldBatchNorm(const Normalization& normalization,
                              float sum_scale);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_FOLD_BATCH_NORM_H_
