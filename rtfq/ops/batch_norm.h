// Batch normalization over the last dimension, Ioffe and Szegedy 2015,
// arXiv:1502.03167:
//
//   y = gamma * (x - mean) / sqrt(variance + epsilon) + beta
//
// x, y, dx, dy are dense [...,C] with M = count / C values a channel; all
// others are [C]. Which statistics (a batch's or running ones, of which domain
// and subnet) is the caller's choice: nothing is remembered here. Results do
// not depend on the number of threads.
#ifndef RTFQ_OPS_BATCH_NORM_H_
#define RTFQ_OPS_BATCH_NORM_H_

#include <cstdint>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/normalization.h"

namespace rtfq::ops {

// Mean and biased variance (divided by M) of every channel, accurate also where
// the mean is many deviations from zero. M >= 1.
void BatchNormStatistics(const ThreadPool& threads, View<const float> x,
                         View<float> mean, View<float> variance);

// y as above, then max(y, 0) if `relu` (NaN stays NaN). `y` may be `x` itself.
void BatchNormNormalize(const ThreadPool& threads, View<const float> x,
                        View<const float> mean, View<const float> variance,
                        View<const float> gamma, View<const float> beta,
                        float epsilon, bool relu, View<float> y);

// The end of a residual block: max(y + shortcut, 0) of the y above, the bits of
// Add() and Relu() (activation.h). `out` may be `x` or `shortcut` itself.
void BatchNormAddRelu(const ThreadPool& threads, View<const float> x,
                      const Normalization& normalization,
                      View<const float> shortcut, View<float> out);

// Gradients where mean and variance were those of `x` itself; x_hat is the
// normalized x and `dy` the gradient before any ReLU (see ReluBackward):
//
//   dbeta  += sum dy
//   dgamma += sum dy * x_hat
//   dx      = gamma / sqrt(variance + epsilon) *
//             (dy - mean(dy) - x_hat * mean(dy * x_hat))
//
// `dx` may be `dy` itself; with `rounded`, dx goes there instead. dgamma and
// dbeta are added to: the two domains and several subnets may share them.
void BatchNormBackward(const ThreadPool& threads, View<const float> x,
                       View<const float> mean, View<const float> variance,
                       View<const float> gamma, float epsilon,
                       View<const float> dy, View<float> dx, View<float> dgamma,
                       View<float> dbeta, const Bf16Sink* rounded = nullptr);

// running = (1 - momentum) * running + momentum * batch, where the batch's
// variance is made unbiased, variance * M / (M - 1) for M = `count` values a
// channel (a single value counts as variance 0). Momentum 1 forgets what was
// there; 1 / k for the k-th batch gives the average of all batches, each
// weighing the same (calibration).
void UpdateRunningStatistics(View<const float> mean, View<const float> variance,
                             int64_t count, float momentum,
                             View<float> running_mean,
                             View<float> running_variance);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_BATCH_NORM_H_
