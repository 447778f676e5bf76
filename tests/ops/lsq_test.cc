#include "rtfq/ops/lsq.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/bit_width.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::ErrorBound;
using test::HasBitsOf;
using test::IsCloseTo;
using test::kRounding;
using test::RandomTensor;

const CodeRange kSigned4 = CodesOf(BitWidth::k4, Sign::kSigned);

struct Case {
  Shape shape;
  CodeRange range;
  float step;
};

// Around a third of the values is clamped at the small steps.
std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    for (const Sign sign : {Sign::kSigned, Sign::kUnsigned}) {
      const CodeRange range = CodesOf(bits, sign);
      const float width = static_cast<float>(range.max - range.min);
      cases.push_back({{3, 5, 7, 11}, range, 2.3f / width});
      cases.push_back({{2, 40009}, range, 0.71f / width});
    }
  }
  return cases;
}

TEST(Lsq, EqualsTheReference) {
  const ThreadPool threads(2);
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.shape.ToString() + " " + std::to_string(c.range.max));
    const Tensor v = RandomTensor(c.shape, 1);
    const Tensor dv_hat = RandomTensor(c.shape, 2);
    const int64_t n = c.shape.count() / c.shape[0];
    const test::LsqReference expected =
        test::ReferenceLsq(v, c.step, c.range, n, dv_hat);
    Tensor v_hat = Tensor::Uninitialized(c.shape);
    FakeQuantize(threads, v, c.step, c.range, v_hat);
    // One product is rounded.
    EXPECT_THAT(v_hat, IsCloseTo(expected.v_hat, ErrorBound{0, kRounding}));

    Tensor dv = Tensor::Uninitialized(c.shape);
    const float dstep =
        FakeQuantizeBackward(threads, v, c.step, c.range, n, dv_hat, dv);
    EXPECT_THAT(dv, IsCloseTo(expected.dv, ErrorBound{}));
    // u carries a rounding of up to its size, code - u of at least 0.25 on
    // average: Q_P / 0.25 times the rounding of a product.
    EXPECT_NEAR(dstep, expected.dstep,
                expected.dstep_magnitude * 4 * c.range.max * kRounding);
  }
}

TEST(Lsq, ResidualAndScaleMakeUpTheStepsGradient) {
  const ThreadPool threads(2);
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.shape.ToString() + " " + std::to_string(c.range.max));
    const Tensor v = RandomTensor(c.shape, 1);
    const Tensor dv_hat = RandomTensor(c.shape, 2);
    const int64_t n = c.shape.count() / c.shape[0];
    Tensor dv = Tensor::Uninitialized(c.shape);
    const float dstep =
        FakeQuantizeBackward(threads, v, c.step, c.range, n, dv_hat, dv);
    Tensor e = Tensor::Uninitialized(c.shape);
    StepResidual(threads, v, c.step, c.range, e);
    double sum = 0, magnitude = 0;
    for (int64_t i = 0; i < v.count(); ++i) {
      const double product = double{dv_hat.data()[i]} * e.data()[i];
      sum += product;
      magnitude += std::abs(product);
    }
    const double g = StepGradientScale(n, c.range);
    // There each product is rounded once to float, and so is the result.
    EXPECT_LE(std::abs(dstep - g * sum),
              (g * magnitude + std::abs(dstep)) * kRounding);
  }
}

TEST(Lsq, TiesAndEndsOfTheRange) {
  const ThreadPool threads(1);
  // u = -9, -8, -0.5, 0.5, 1.5, 7, 7.0625
  const Tensor v = Tensor::CopyOf(
      std::vector<float>{-4.5f, -4, -0.25f, 0.25f, 0.75f, 3.5f, 3.53125f}, {7});
  Tensor v_hat = Tensor::Uninitialized({7});
  FakeQuantize(threads, v, 0.5f, kSigned4, v_hat);
  EXPECT_THAT(v_hat.span(),
              ::testing::ElementsAre(-4, -4, 0, 0, 1, 3.5f, 3.5f));
  EXPECT_FALSE(std::signbit(v_hat.data()[2])) << "a code is never -0";
  Tensor dv = Tensor::Filled({7}, 1);
  const float dstep =
      FakeQuantizeBackward(threads, v, 0.5f, kSigned4, 7, dv, dv);
  EXPECT_THAT(dv.span(), ::testing::ElementsAre(0, 1, 1, 1, 1, 1, 0));
  // g = 1 / sqrt(7 * 7)
  EXPECT_FLOAT_EQ(dstep, (-8 + 0 + 0.5f - 0.5f + 0.5f + 0 + 7) / 7);
}

TEST(Lsq, APrefixIsTreatedAsItsDenseCopy) {
  const ThreadPool threads(2);
  const Shape shape = {9, 5, 3, 3};
  const Tensor wide = RandomTensor({14, 8, 3, 3}, 3);
  const View<const float> v = View<const float>(wide).Prefix(shape);
  Tensor dense = Tensor::Uninitialized(shape);
  for (int64_t o = 0; o < 9; ++o) {
    std::copy_n(wide.data() + o * 8 * 9, 5 * 9, dense.data() + o * 5 * 9);
  }
  const Tensor dv_hat = RandomTensor(shape, 4);
  Tensor expected = Tensor::Uninitialized(shape);
  Tensor actual = Tensor::Uninitialized(shape);
  FakeQuantize(threads, dense, 0.03f, kSigned4, expected);
  FakeQuantize(threads, v, 0.03f, kSigned4, actual);
  EXPECT_THAT(actual, HasBitsOf(expected));

  const float dstep = FakeQuantizeBackward(threads, dense, 0.03f, kSigned4, 405,
                                           dv_hat, expected);
  Tensor strided = Tensor::Filled({14, 8, 3, 3}, 7);
  EXPECT_EQ(dstep, FakeQuantizeBackward(threads, v, 0.03f, kSigned4, 405,
                                        dv_hat, strided.view().Prefix(shape)));
  for (int64_t o = 0; o < 14; ++o) {
    for (int64_t i = 0; i < 72; ++i) {
      const bool inside = o < 9 && i < 45;
      ASSERT_EQ(strided.data()[o * 72 + i],
                inside ? expected.data()[o * 45 + i] : 7.0f);
    }
  }
  EXPECT_EQ(InitialStep(threads, v, kSigned4),
            InitialStep(threads, dense, kSigned4));
}

TEST(Lsq, ThreadsDoNotChangeBits) {
  const Tensor v = RandomTensor({3, 100003}, 5);
  const Tensor dv_hat = RandomTensor({3, 100003}, 6);
  Tensor dv[2], v_hat[2];
  float dstep[2], initial[2];
  for (const int i : {0, 1}) {
    const ThreadPool threads(i == 0 ? 1 : 3);
    dv[i] = Tensor::Uninitialized(v.shape());
    v_hat[i] = v.Clone();
    FakeQuantize(threads, v_hat[i], 0.1f, kSigned4, v_hat[i]);  // in place
    dstep[i] =
        FakeQuantizeBackward(threads, v, 0.1f, kSigned4, 99, dv_hat, dv[i]);
    initial[i] = InitialStep(threads, v, kSigned4);
  }
  EXPECT_THAT(dv[0], HasBitsOf(dv[1]));
  EXPECT_THAT(v_hat[0], HasBitsOf(v_hat[1]));
  EXPECT_EQ(dstep[0], dstep[1]);
  EXPECT_EQ(initial[0], initial[1]);
}

TEST(Lsq, InitialStepIsTwiceTheMeanMagnitudeOverTheRootOfTheRange) {
  const ThreadPool threads(1);
  const Tensor v = Tensor::CopyOf(std::vector<float>{-1, 2, -3, 6}, {4});
  EXPECT_EQ(MeanMagnitude(threads, v), 3.0);
  EXPECT_FLOAT_EQ(InitialStep(threads, v, kSigned4), 2 * 3 / std::sqrt(7.0f));
  EXPECT_EQ(InitialStep(threads, Tensor::Zeros({5}), kSigned4), kSmallestStep);
  EXPECT_EQ(MeanMagnitude(threads, Tensor::Zeros({0, 4})), 0.0);
}

TEST(Lsq, NanReachesTheStepsGradient) {
  const ThreadPool threads(1);
  const Tensor v = Tensor::CopyOf(std::vector<float>{1, NAN}, {2});
  Tensor v_hat = Tensor::Uninitialized({2});
  FakeQuantize(threads, v, 0.5f, kSigned4, v_hat);
  EXPECT_THAT(v_hat.span(), ::testing::ElementsAre(1, -4));
  Tensor dv = Tensor::Filled({2}, 1);
  EXPECT_TRUE(
      std::isnan(FakeQuantizeBackward(threads, v, 0.5f, kSigned4, 2, dv, dv)));
}

}  // namespace
}  // namespace rtfq::ops
