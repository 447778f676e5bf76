// The inner product of two tensors.
#ifndef RTFQ_OPS_DOT_H_
#define RTFQ_OPS_DOT_H_

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// sum(a * b) over all elements: products in float, added in double in an order
// that depends on the shape alone. Dense, of one shape.
double Dot(const ThreadPool& threads, View<const float> a, View<const float> b);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_DOT_H_
