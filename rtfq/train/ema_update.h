// The exponential moving average that the teacher is.
#ifndef RTFQ_TRAIN_EMA_UPDATE_H_
#define RTFQ_TRAIN_EMA_UPDATE_H_

#include <span>

#include "rtfq/core/parallel.h"

namespace rtfq {

// teacher = momentum * teacher + (1 - momentum) * student, in place; equal
// sizes. AnyDA's recipe has 0.9 four times a step, that is 0.656 once.
void EmaUpdate(const ThreadPool& threads, std::span<float> teacher,
               std::span<const float> student, float momentum);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_EMA_UPDATE_H_
