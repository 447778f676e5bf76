#include "rtfq/ops/dot.h"

#include <cmath>
#include <cstdint>

#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

TEST(Dot, IsTheSlowSumOnAnyNumberOfThreads) {
  for (const int64_t count : {0, 1, 15, 1025, 100003}) {
    SCOPED_TRACE(count);
    const Tensor a = test::RandomTensor({count}, 1);
    const Tensor b = test::RandomTensor({count}, 2);
    double expected = 0, magnitude = 0;
    for (int64_t i = 0; i < count; ++i) {
      const double product = double{a.data()[i]} * b.data()[i];
      expected += product;
      magnitude += std::abs(product);
    }
    const double dot = Dot(ThreadPool(1), a, b);
    // Each product is rounded once to float; double's rounding is far below.
    EXPECT_LE(std::abs(dot - expected), magnitude * std::ldexp(1, -24));
    EXPECT_EQ(Dot(ThreadPool(3), a, b), dot);
  }
}

}  // namespace
}  // namespace rtfq::ops
