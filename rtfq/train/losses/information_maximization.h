// Certain about each image, diverse over the batch: Liang et al. 2020 (SHOT),
// arXiv:2002.08546, as AnyDA's recipe has it.
#ifndef RTFQ_TRAIN_LOSSES_INFORMATION_MAXIMIZATION_H_
#define RTFQ_TRAIN_LOSSES_INFORMATION_MAXIMIZATION_H_

#include "rtfq/core/tensor.h"
#include "rtfq/train/losses/loss.h"

namespace rtfq {

// Keeps the logarithm finite (AnyDA).
inline constexpr double kEntropyEpsilon = 1e-5;

//   loss = mean over n of H(p[n]) - H(mean over n of p[n]),  minimised
//   p = softmax(logits),  H(p) = -sum over k of p[k] * log(p[k] + 1e-5)
//
// logits [N,K] dense.
LossAndGradient InformationMaximization(View<const float> logits);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_LOSSES_INFORMATION_MAXIMIZATION_H_
