// Softmax over rows, for logits of any size: the row's maximum is subtracted
// first, and sums are in double. Logits are few, so one thread does it.
#ifndef RTFQ_OPS_SOFTMAX_H_
#define RTFQ_OPS_SOFTMAX_H_

#include <span>

#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// x, y [N,K] dense, K >= 1; `y` may be `x` itself.

// y[n,k] = exp(x[n,k]) / sum over j of exp(x[n,j])
void Softmax(View<const float> x, View<float> y);

// y[n,k] = x[n,k] - log(sum over j of exp(x[n,j]))
void LogSoftmax(View<const float> x, View<float> y);

// The same of one row divided by `temperature`, left in double: what the losses
// are made of. `y` has x's size.
void Softmax(std::span<const float> x, double temperature, std::span<double> y);
void LogSoftmax(std::span<const float> x, double temperature,
                std::span<double> y);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_SOFTMAX_H_
