// The largest subnet learns from its own confident predictions on target images
// (Lee 2013; FixMatch, Sohn et al. 2020, arXiv:2001.07685). AnyDA computes this
// mask and then never uses it; here it is used.
#ifndef RTFQ_TRAIN_LOSSES_PSEUDO_LABEL_H_
#define RTFQ_TRAIN_LOSSES_PSEUDO_LABEL_H_

#include <cstdint>
#include <vector>

#include "rtfq/core/tensor.h"
#include "rtfq/train/losses/cross_entropy.h"
#include "rtfq/train/losses/loss.h"

namespace rtfq {

// AnyDA's threshold.
inline constexpr double kConfidenceThreshold = 0.9;

struct PseudoLabelResult : LossAndGradient {
  std::vector<int64_t> labels;  // [N], the most probable class; the first of
                                // equal ones
  std::vector<uint8_t> mask;    // [N], 1 where that class is confident
};

//   loss = 1/N * sum over n of [max over k of p[n,k] >= threshold] *
//          CrossEntropy(logits[n], argmax p[n], smoothing)
//
// N counts all rows, confident or not. The labels are constants: no gradient
// flows through them. logits [N,K] dense.
PseudoLabelResult PseudoLabel(View<const float> logits,
                              double threshold = kConfidenceThreshold,
                              double smoothing = kLabelSmoothing);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_LOSSES_PSEUDO_LABEL_H_
