// ReLU and sums, elementwise over dense tensors of equal shape. A NaN stays NaN
// (a ReLU that hid it would let training go on with wrong numbers).
#ifndef RTFQ_OPS_ACTIVATION_H_
#define RTFQ_OPS_ACTIVATION_H_

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// Outputs may be one of the inputs itself.

// y = max(x, 0)
void Relu(const ThreadPool& threads, View<const float> x, View<float> y);

// y = a + b
void Add(const ThreadPool& threads, View<const float> a, View<const float> b,
         View<float> y);

// y = factor * y
void Scale(const ThreadPool& threads, float factor, View<float> y);

// dx = dy where y > 0, else 0, for the output y of a ReLU: no gradient where
// the ReLU's input was exactly 0.
void ReluBackward(const ThreadPool& threads, View<const float> y,
                  View<const float> dy, View<float> dx);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_ACTIVATION_H_
