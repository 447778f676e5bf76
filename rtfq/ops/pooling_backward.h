// Gradients of the two poolings of a ResNet (pooling.h), over dense NHWC
// tensors.
#ifndef RTFQ_OPS_POOLING_BACKWARD_H_
#define RTFQ_OPS_POOLING_BACKWARD_H_

#include <cstdint>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// dx [N,H,W,C] = for every x the sum of the dy of the windows it won.
void MaxPoolBackward(const ThreadPool& threads, View<const uint8_t> winner,
                     View<const float> dy, View<float> dx);

// dx[n,h,w,c] = dy[n,c] / (H * W); dy [N,C].
void GlobalAveragePoolBackward(const ThreadPool& threads, View<const float> dy,
                               View<float> dx);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_POOLING_BACKWARD_H_
