// What normalizes a batch-norm layer's input.
#ifndef RTFQ_OPS_NORMALIZATION_H_
#define RTFQ_OPS_NORMALIZATION_H_

#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// y[...,c] = gamma[c] * (x[...,c] - mean[c]) / sqrt(variance[c] + epsilon) +
// beta[c]. All [C], dense.
struct Normalization {
  View<const float> mean, variance, gamma, beta;
  float epsilon = 0;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_NORMALIZATION_H_
