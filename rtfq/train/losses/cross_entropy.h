// Cross-entropy with label smoothing, Szegedy et al. 2016, arXiv:1512.00567.
#ifndef RTFQ_TRAIN_LOSSES_CROSS_ENTROPY_H_
#define RTFQ_TRAIN_LOSSES_CROSS_ENTROPY_H_

#include <cstdint>
#include <span>

#include "rtfq/core/tensor.h"
#include "rtfq/train/losses/loss.h"

namespace rtfq {

// AnyDA's recipe.
inline constexpr double kLabelSmoothing = 0.1;

//   loss = mean over n of -sum over k of t[n,k] * log_softmax(logits[n])[k]
//   t[n] = (1 - smoothing) * onehot(labels[n]) + smoothing / K
//
// logits [N,K] dense; N labels in [0, K); smoothing in [0, 1].
LossAndGradient CrossEntropy(View<const float> logits,
                             std::span<const int64_t> labels,
                             double smoothing = kLabelSmoothing);

// One row's share, for losses built on this one: the row's cross-entropy, and
// `drow` = weight * its gradient.
double SmoothedCrossEntropyRow(std::span<const float> row, int64_t label,
                               double smoothing, double weight,
                               std::span<float> drow);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_LOSSES_CROSS_ENTROPY_H_
