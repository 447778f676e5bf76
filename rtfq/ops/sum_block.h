// A part of a convolution's sums, ready to be read where it was computed.
#ifndef RTFQ_OPS_SUM_BLOCK_H_
#define RTFQ_OPS_SUM_BLOCK_H_

#include <cstdint>

#include "absl/functional/function_ref.h"

namespace rtfq::ops {

// sums[i * stride + c] is that of pixel first_pixel + i, counted over [N,P,Q],
// and channel first_channel + c.
struct SumBlock {
  int64_t first_pixel = 0;
  int64_t pixels = 0;
  int64_t first_channel = 0;
  int64_t channels = 0;
  const int32_t* sums = nullptr;
  int64_t stride = 0;
};

// Told of each block once, from several threads at a time. The sums go away
// when it returns.
using SumReader = absl::FunctionRef<void(const SumBlock&)>;

// Told of the same block of two convolutions.
using SumPairReader = absl::FunctionRef<void(const SumBlock&, const SumBlock&)>;

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_SUM_BLOCK_H_
