// What pooling is tested with, forward and backward.
#ifndef TESTS_TESTING_POOLING_CASES_H_
#define TESTS_TESTING_POOLING_CASES_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "rtfq/core/tensor.h"
#include "rtfq/ops/pooling.h"
#include "tests/testing/random_tensor.h"

namespace rtfq::test {

inline std::vector<Shape> MaxPoolShapes() {
  return {Shape{2, 8, 6, 5}, Shape{2, 9, 7, 3},  Shape{1, 1, 1, 4},
          Shape{1, 2, 2, 1}, Shape{3, 1, 5, 17}, Shape{2, 33, 32, 64}};
}

inline Shape MaxPooled(const Shape& x) {
  return {x[0], ops::MaxPoolSize(x[1]), ops::MaxPoolSize(x[2]), x[3]};
}

// Behind a ReLU most windows hold several zeros: few values, many ties.
inline Tensor TensorWithTies(const Shape& shape, uint64_t seed) {
  Tensor x = RandomTensor(shape, seed, -3, 3);
  for (float& v : x.span()) v = std::max(0.0f, std::round(v));
  return x;
}

}  // namespace rtfq::test

#endif  // TESTS_TESTING_POOLING_CASES_H_
