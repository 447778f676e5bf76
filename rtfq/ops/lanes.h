// Sums of floats in double, in an order that vector units like and that does
// not depend on them.
#ifndef RTFQ_OPS_LANES_H_
#define RTFQ_OPS_LANES_H_

#include <cstdint>

namespace rtfq::ops {

// Element i is added in lane i % kLanes.
inline constexpr int kLanes = 16;

void AddToLanes(const float* values, int64_t count, double* lanes);
// The same of |value|.
void AddMagnitudesToLanes(const float* values, int64_t count, double* lanes);
// The lanes added up in order.
double SumOfLanes(const double* lanes);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_LANES_H_
