// Test data: the same numbers every time.
#ifndef TESTS_TESTING_RANDOM_TENSOR_H_
#define TESTS_TESTING_RANDOM_TENSOR_H_

#include <cstdint>

#include "rtfq/core/random.h"
#include "rtfq/core/tensor.h"

namespace rtfq::test {

// Uniform in [low, high).
inline Tensor RandomTensor(const Shape& shape, uint64_t seed, double low = -1,
                           double high = 1) {
  Tensor tensor = Tensor::Uninitialized(shape);
  Rng rng(seed);
  for (float& v : tensor.span()) {
    v = static_cast<float>(rng.Uniform(low, high));
  }
  return tensor;
}

}  // namespace rtfq::test

#endif  // TESTS_TESTING_RANDOM_TENSOR_H_
