// What an integer convolution leaves behind.
#ifndef RTFQ_MODELS_INTEGER_SUMS_H_
#define RTFQ_MODELS_INTEGER_SUMS_H_

#include <cstdint>

#include "rtfq/core/tensor.h"

namespace rtfq {

// Exact sums of products of codes: y = float(sum) * scale.
struct IntegerSums {
  // Holds the sums' bits: whoever scales them does so in place.
  Tensor memory;    // [N,P,Q,O]
  float scale = 1;  // step_x * step_w

  View<int32_t> view() const {
    return View<int32_t>(reinterpret_cast<int32_t*>(memory.data()),
                         memory.shape());
  }
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_INTEGER_SUMS_H_
