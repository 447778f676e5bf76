// The classifier: a matrix product over a prefix of the features.
//
//   y[n,k] = sum over f of x[n,f] * w[k,f] + bias[k]
//
// x [N,F] and y [N,K] dense; w [K,F] may be the first F columns of a supernet's
// wider weight. Results do not depend on the number of threads.
#ifndef RTFQ_OPS_LINEAR_H_
#define RTFQ_OPS_LINEAR_H_

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

void Linear(const ThreadPool& threads, View<const float> x, View<const float> w,
            View<const float> bias, View<float> y);

// dx  = dy w          [N,F], overwritten
// dw += dy^T x        [K,F], a prefix like w
// dbias += sum_n dy   [K]
// The weight's and bias's gradients are added to: the subnets of a step share
// them.
void LinearBackward(const ThreadPool& threads, View<const float> x,
                    View<const float> w, View<const float> dy, View<float> dx,
                    View<float> dw, View<float> dbias);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_LINEAR_H_
