#include "tests/testing/tensor_matchers.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TensorMatchers, TheBoundIsRelativeToTheGreatestValue) {
  const std::vector<double> expected = {100, 0, -1};
  const std::vector<float> actual = {100, 0.5, -1};
  EXPECT_THAT(actual, IsCloseTo(expected, ErrorBound{0, 0.005}));
  EXPECT_THAT(actual, Not(IsCloseTo(expected, ErrorBound{0, 0.004})));
  EXPECT_THAT(actual, IsCloseTo(expected, ErrorBound{0.1, 0.004}));
}

TEST(TensorMatchers, FailuresNameTheWorstElement) {
  EXPECT_THAT(DescribeDifference(std::vector<double>{1, 2, 5},
                                 std::vector<double>{1, 3, 3}, {.absolute = 1}),
              HasSubstr("1 of 3 elements, worst at [2]: 5 instead of 3"));
  EXPECT_THAT(
      DescribeDifference(std::vector<double>{1}, std::vector<double>{}, {}),
      HasSubstr("has 1 elements instead of 0"));
}

TEST(TensorMatchers, NanOnlyEqualsNan) {
  const std::vector<double> nan = {NAN};
  const std::vector<double> one = {1};
  const ErrorBound wide = {.absolute = INFINITY};
  EXPECT_EQ(DescribeDifference(nan, nan, {}), "");
  EXPECT_NE(DescribeDifference(nan, one, wide), "");
  EXPECT_NE(DescribeDifference(one, nan, wide), "");
}

TEST(TensorMatchers, BitsTellZerosApart) {
  const Tensor zero = Tensor::Filled({1}, 0.0f);
  EXPECT_THAT(zero, HasBitsOf(Tensor::Filled({1}, 0.0f)));
  EXPECT_THAT(zero, Not(HasBitsOf(Tensor::Filled({1}, -0.0f))));
  EXPECT_THAT(zero, Not(HasBitsOf(Tensor::Filled({1, 1}, 0.0f))));
}

}  // namespace
}  // namespace rtfq::test
