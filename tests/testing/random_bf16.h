// Test data in bf16, and the same numbers in f32.
#ifndef TESTS_TESTING_RANDOM_BF16_H_
#define TESTS_TESTING_RANDOM_BF16_H_

#include <cstdint>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/bf16.h"
#include "tests/testing/random_tensor.h"

namespace rtfq::test {

// RandomTensor() of [-1, 1) rounded to bf16; `wide` holds what that left.
struct RandomBf16 {
  RandomBf16(const Shape& shape, uint64_t seed)
      : wide(RandomTensor(shape, seed)),
        narrow(TensorOf<ops::Bf16>::Uninitialized(shape)) {
    const ThreadPool threads(1);
    ops::RoundToBf16(threads, wide, /*factor=*/1, narrow.view());
    ops::Widen(threads, narrow, wide.view());
  }
  Tensor wide;
  TensorOf<ops::Bf16> narrow;
};

}  // namespace rtfq::test

#endif  // TESTS_TESTING_RANDOM_BF16_H_
