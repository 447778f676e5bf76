// The two poolings of a ResNet, over dense NHWC tensors. Their gradients are in
// pooling_backward.h: what is deployed has no use for them.
#ifndef RTFQ_OPS_POOLING_H_
#define RTFQ_OPS_POOLING_H_

#include <cstdint>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// The side of MaxPool's output: (size + 2 - 3) / 2 + 1.
constexpr int64_t MaxPoolSize(int64_t size) { return (size - 1) / 2 + 1; }

// Window 3x3, stride 2, padding 1 (the padding never wins):
//
//   y[n,p,q,c] = max over u,v in 0..2 of x[n, 2p+u-1, 2q+v-1, c]
//
// x [N,H,W,C], H and W >= 1; y [N,MaxPoolSize(H),MaxPoolSize(W),C]. `winner`,
// of y's shape, receives 3u + v of the first of equal maxima, row by row; an
// empty view when no backward pass follows. A NaN wins its windows.
void MaxPool(const ThreadPool& threads, View<const float> x, View<float> y,
             View<uint8_t> winner);

// The same of unsigned codes, where no backward pass follows.
void MaxPoolCodes(const ThreadPool& threads, View<const uint8_t> x,
                  View<uint8_t> y);

// y[n,c] = mean over h,w of x[n,h,w,c], summed in double; y [N,C], H*W >= 1.
void GlobalAveragePool(const ThreadPool& threads, View<const float> x,
                       View<float> y);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_POOLING_H_
