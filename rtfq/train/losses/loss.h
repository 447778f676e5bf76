// What every loss returns.
#ifndef RTFQ_TRAIN_LOSSES_LOSS_H_
#define RTFQ_TRAIN_LOSSES_LOSS_H_

#include "rtfq/core/tensor.h"

namespace rtfq {

// Losses are means over the batch's N rows of logits [N,K], K classes, N and K
// >= 1. They are computed in double, for logits of any size. A NaN among the
// logits makes the loss NaN, which is for the caller to notice.
struct LossAndGradient {
  double loss = 0;
  Tensor dlogits;  // [N,K], d(loss)/d(logits)
};

}  // namespace rtfq

#endif  // RTFQ_TRAIN_LOSSES_LOSS_H_
