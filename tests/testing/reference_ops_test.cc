// The oracles themselves, by values that can be checked by hand.
#include "tests/testing/reference_ops.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::test {
namespace {

using ::testing::ElementsAre;

Tensor Of(const std::vector<float>& values, const Shape& shape) {
  return Tensor::CopyOf(values, shape);
}

TEST(ReferenceOps, LsqRoundsHalfToEvenAndKeepsBothEndsInside) {
  const Tensor v = Of({-5, -4, -0.25, 0.25, 0.75, 3.5, 3.6}, {7});
  const Tensor dv_hat = Tensor::Filled({7}, 1);
  const auto r = ReferenceLsq(v, 0.5, {-8, 7}, 4, dv_hat);
  EXPECT_THAT(r.codes.values, ElementsAre(-8, -8, 0, 0, 2, 7, 7));
  EXPECT_THAT(r.dv.values, ElementsAre(0, 1, 1, 1, 1, 1, 0));
  // e: -8 below, 0, 0.5, -0.5, 0.5, 0, 7 above; g = 1 / sqrt(4 * 7).
  EXPECT_NEAR(r.dstep, (-8 + 0.5 - 0.5 + 0.5 + 7) / std::sqrt(28), 1e-14);
  EXPECT_NEAR(r.dstep_magnitude, (8 + 0.5 + 0.5 + 0.5 + 7) / std::sqrt(28),
              1e-14);
}

TEST(ReferenceOps, BatchNormOfTwoValues) {
  // 1 and 3: mean 2, variance 1, so x_hat is -1 and 1.
  const auto r = ReferenceBatchNorm(Of({1, 3}, {2, 1}), Of({2}, {1}),
                                    Of({1}, {1}), 0, true, Of({5, 7}, {2, 1}));
  EXPECT_THAT(r.mean, ElementsAre(2));
  EXPECT_THAT(r.variance, ElementsAre(1));
  EXPECT_THAT(r.y.values, ElementsAre(0, 3));  // -1 behind the ReLU
  EXPECT_THAT(r.dbeta, ElementsAre(7));
  EXPECT_THAT(r.dgamma, ElementsAre(7));
  // Two values have no freedom but their order.
  EXPECT_THAT(r.dx.values, ElementsAre(0, 0));
}

TEST(ReferenceOps, MaxPoolGivesTheFirstOfEqualMaximaTheGradient) {
  const auto r =
      ReferenceMaxPool(Of({4, 4, 1, 4}, {1, 2, 2, 1}), Of({3}, {1, 1, 1, 1}));
  EXPECT_THAT(r.y.values, ElementsAre(4));
  EXPECT_THAT(r.winner.values, ElementsAre(4));  // u = v = 1
  EXPECT_THAT(r.dx.values, ElementsAre(3, 0, 0, 0));
}

TEST(ReferenceOps, LinearOfOneImage) {
  const auto r =
      ReferenceLinear(Of({2, 3}, {1, 2}), Of({1, 10, 100, 1000}, {2, 2}),
                      Of({5, 6}, {2}), Of({1, -1}, {1, 2}));
  EXPECT_THAT(r.y.values, ElementsAre(2 + 30 + 5, 200 + 3000 + 6));
  EXPECT_THAT(r.dx.values, ElementsAre(1 - 100, 10 - 1000));
  EXPECT_THAT(r.dw.values, ElementsAre(2, 3, -2, -3));
  EXPECT_THAT(r.dbias.values, ElementsAre(1, -1));
}

TEST(ReferenceOps, SoftmaxOfALogarithm) {
  const auto y = ReferenceSoftmax(Of({0, std::log(3.0f)}, {1, 2}));
  EXPECT_THAT(y, IsCloseTo(std::vector<double>{0.25, 0.75},
                           ErrorBound{.absolute = kRounding}));
}

TEST(ReferenceOps, ResizeKeepsCornersAndMeetsInTheMiddle) {
  const auto y =
      ReferenceResizeAlignCorners(Of({0, 1, 2, 3}, {1, 2, 2, 1}), 3, 3);
  EXPECT_THAT(y.values, ElementsAre(0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3));
  EXPECT_THAT(ReferenceResizeAlignCorners(y, 1, 1).values, ElementsAre(0));
}

TEST(ReferenceOps, ConvolutionAndItsGradients) {
  // One channel, 3x3 image, kernel 2x2, no padding.
  const Tensor x = Of({1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 3, 3, 1});
  const Tensor w = Of({1, 10, 100, 1000}, {1, 1, 2, 2});
  EXPECT_THAT(ReferenceConv2d(x, w, 1, 0).values,
              ElementsAre(5421, 6532, 8754, 9865));
  EXPECT_THAT(ReferenceConv2d(x, w, 2, 1).values,
              ElementsAre(1000, 3200, 7040, 9865));
  const Tensor dy = Of({1, 0, 0, 2}, {1, 2, 2, 1});
  EXPECT_THAT(ReferenceConv2dBackwardData(dy, w, 1, 0, x.shape()).values,
              ElementsAre(1, 10, 0, 100, 1002, 20, 0, 200, 2000));
  EXPECT_THAT(ReferenceConv2dBackwardWeights(x, dy, 1, 0, w.shape()).values,
              ElementsAre(1 + 10, 2 + 12, 4 + 16, 5 + 18));
}

}  // namespace
}  // namespace rtfq::test
