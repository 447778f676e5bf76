#include "rtfq/ops/pooling_backward.h"

#include <cmath>
#include <cstdint>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/ops/pooling.h"
#include "tests/testing/pooling_cases.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::ErrorBound;
using test::IsCloseTo;
using test::kRounding;
using test::RandomTensor;

TEST(MaxPoolBackward, EqualsTheReference) {
  for (const Shape& shape : test::MaxPoolShapes()) {
    SCOPED_TRACE(shape.ToString());
    const Tensor x = test::TensorWithTies(shape, 3);
    const Tensor dy = RandomTensor(test::MaxPooled(shape), 4);
    const auto expected = test::ReferenceMaxPool(x, dy);
    for (const int num_threads : {1, 3}) {
      const ThreadPool threads(num_threads);
      Tensor y = Tensor::Uninitialized(dy.shape());
      auto winner = TensorOf<uint8_t>::Uninitialized(dy.shape());
      MaxPool(threads, x, y, winner);
      Tensor dx = Tensor::Uninitialized(shape);
      MaxPoolBackward(threads, winner, dy, dx);
      // Sums of up to four.
      EXPECT_THAT(dx, IsCloseTo(expected.dx, test::SumBound(4, 4)));
    }
  }
}

TEST(GlobalAveragePoolBackward, SpreadsTheGradientEvenly) {
  for (const Shape& shape :
       {Shape{3, 7, 5, 6}, Shape{2, 1, 1, 9}, Shape{5, 13, 11, 70}}) {
    SCOPED_TRACE(shape.ToString());
    const int64_t pixels = shape[1] * shape[2];
    const Tensor dy = RandomTensor({shape[0], shape[3]}, 7);
    test::Array expected(shape);
    for (int64_t i = 0; i < shape.count(); ++i) {
      const int64_t image = i / (pixels * shape[3]);
      expected.values[i] =
          static_cast<double>(dy.data()[image * shape[3] + i % shape[3]]) /
          pixels;
    }
    Tensor dx = Tensor::Uninitialized(shape);
    GlobalAveragePoolBackward(ThreadPool(2), dy, dx);
    EXPECT_THAT(dx, IsCloseTo(expected, ErrorBound{0, kRounding}));
  }
}

}  // namespace
}  // namespace rtfq::ops
