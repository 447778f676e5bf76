#include "rtfq/ops/softmax.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::ErrorBound;
using test::HasBitsOf;
using test::IsCloseTo;
using test::kRounding;

TEST(Softmax, EqualsTheReferenceForLogitsOfAnySize) {
  for (const double size : {1.0, 80.0, 1e4}) {
    for (const Shape& shape : {Shape{9, 7}, Shape{1, 1}, Shape{3, 345}}) {
      SCOPED_TRACE(shape.ToString() + " " + std::to_string(size));
      const Tensor x = test::RandomTensor(shape, 1, -size, size);
      const test::Array expected = test::ReferenceSoftmax(x);
      Tensor y = Tensor::Uninitialized(shape);
      Softmax(x, y);
      EXPECT_THAT(y, IsCloseTo(expected, ErrorBound{kRounding, 0}));
      LogSoftmax(x, y);
      for (int64_t i = 0; i < y.count(); ++i) {
        EXPECT_TRUE(std::isfinite(y.data()[i]));
        if (expected.values[i] < 1e-300) continue;  // its logarithm is lost
        EXPECT_NEAR(y.data()[i], std::log(expected.values[i]),
                    1e-12 + std::fabs(y.data()[i]) * 2 * kRounding);
      }
    }
  }
}

TEST(Softmax, RowsSumToOneAndInPlaceIsTheSame) {
  const Tensor x = test::RandomTensor({5, 31}, 2, -80, 80);
  Tensor y = Tensor::Uninitialized(x.shape()), in_place = x.Clone();
  Softmax(x, y);
  Softmax(in_place, in_place);
  EXPECT_THAT(in_place, HasBitsOf(y));
  for (int64_t n = 0; n < 5; ++n) {
    double sum = 0;
    for (int64_t k = 0; k < 31; ++k) sum += y.data()[n * 31 + k];
    EXPECT_NEAR(sum, 1, 31 * kRounding);
  }
}

TEST(Softmax, TemperatureDividesTheLogits) {
  const std::vector<float> x = {0, 1};
  std::vector<double> y(2);
  Softmax(x, 0.1, y);
  EXPECT_NEAR(y[0], 1 / (1 + std::exp(10.0)), 1e-15);
  LogSoftmax(x, 0.1, y);
  EXPECT_NEAR(y[0], -std::log(1 + std::exp(10.0)), 1e-14);
}

TEST(Softmax, NanSpoilsItsRowOnly) {
  const Tensor x = Tensor::CopyOf(std::vector<float>{0, NAN, 0, 0}, {2, 2});
  Tensor y = Tensor::Zeros({2, 2});
  Softmax(x, y);
  EXPECT_TRUE(std::isnan(y.data()[0]) && std::isnan(y.data()[1]));
  EXPECT_EQ(y.data()[2], 0.5f);
}

}  // namespace
}  // namespace rtfq::ops
