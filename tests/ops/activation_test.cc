#include "rtfq/ops/activation.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::RandomTensor;
using ::testing::ElementsAre;

Tensor Of(const std::vector<float>& values) {
  return Tensor::CopyOf(values, {static_cast<int64_t>(values.size())});
}

TEST(Activation, ValuesAndGradients) {
  const ThreadPool threads(1);
  const Tensor a = Of({-2, -1, 0, 1, 2});
  const Tensor b = Of({1, 1, 0, -1, 3});
  Tensor y = Tensor::Zeros({5});
  Relu(threads, a, y);
  EXPECT_THAT(y.span(), ElementsAre(0, 0, 0, 1, 2));
  Add(threads, a, b, y);
  EXPECT_THAT(y.span(), ElementsAre(-1, 0, 0, 0, 5));
  Tensor dx = Tensor::Zeros({5});
  ReluBackward(threads, y, Of({1, 2, 3, 4, 6}), dx);
  EXPECT_THAT(dx.span(), ElementsAre(0, 0, 0, 0, 6));
}

TEST(Activation, NanIsNotHidden) {
  const ThreadPool threads(1);
  const Tensor nan = Tensor::Filled({100}, NAN);
  Tensor y = Tensor::Zeros({100});
  Relu(threads, nan, y);
  for (const float v : y.span()) EXPECT_TRUE(std::isnan(v));
  Add(threads, nan, Tensor::Zeros({100}), y);
  for (const float v : y.span()) EXPECT_TRUE(std::isnan(v));
}

// Long enough for several chunks and for every tail of a vector.
TEST(Activation, LongTensorsThreadsAndPlace) {
  for (const int64_t size : {1, 7, 31, 33, 100003}) {
    SCOPED_TRACE(size);
    const Tensor a = RandomTensor({size}, 1);
    const Tensor b = RandomTensor({size}, 2);
    const ThreadPool one(1), three(3);
    Tensor sum = Tensor::Zeros({size});
    Add(one, a, b, sum);
    for (int64_t i = 0; i < size; ++i) {
      ASSERT_EQ(sum.data()[i], a.data()[i] + b.data()[i]) << i;
    }
    Tensor y = b.Clone();
    Add(three, a, y, y);
    EXPECT_THAT(y, HasBitsOf(sum));

    Relu(one, y, y);
    for (int64_t i = 0; i < size; ++i) {
      ASSERT_EQ(y.data()[i], sum.data()[i] > 0 ? sum.data()[i] : 0) << i;
    }
    Relu(three, sum, sum);
    EXPECT_THAT(sum, HasBitsOf(y));

    Tensor dx = a.Clone();
    ReluBackward(three, y, dx, dx);
    for (int64_t i = 0; i < size; ++i) {
      ASSERT_EQ(dx.data()[i], y.data()[i] > 0 ? a.data()[i] : 0) << i;
    }
  }
}

}  // namespace
}  // namespace rtfq::ops
