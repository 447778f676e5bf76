// Slices of supernet weights against dense tensors of the same shape.
#ifndef RTFQ_OPS_PREFIX_H_
#define RTFQ_OPS_PREFIX_H_

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// `prefix` is a View::Prefix of two dimensions or more whose rows (all
// dimensions but the first) are dense; `dense` has its shape without gaps.
void CopyPrefix(const ThreadPool& threads, View<const float> prefix,
                View<float> dense);
void AddToPrefix(const ThreadPool& threads, View<const float> dense,
                 View<float> prefix);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_PREFIX_H_
