#include "rtfq/ops/batch_norm.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/ops/activation.h"
#include "tests/testing/grad_check.h"
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

constexpr float kEpsilon = 1e-5f;

// A batch-normalization site and all that is computed for it.
struct Site {
  Site(const Shape& shape, uint64_t seed, double offset = 0)
      : channels(shape[shape.rank() - 1]),
        x(RandomTensor(shape, seed, offset - 1, offset + 1)),
        dy(RandomTensor(shape, seed + 1)),
        gamma(RandomTensor({channels}, seed + 2, 0.5, 1.5)),
        beta(RandomTensor({channels}, seed + 3)),
        mean(Tensor::Uninitialized({channels})),
        variance(Tensor::Uninitialized({channels})),
        y(Tensor::Uninitialized(shape)),
        dx(Tensor::Uninitialized(shape)),
        dgamma(Tensor::Zeros({channels})),
        dbeta(Tensor::Zeros({channels})) {}

  void Run(const ThreadPool& threads, bool relu) {
    BatchNormStatistics(threads, x, mean, variance);
    BatchNormNormalize(threads, x, mean, variance, gamma, beta, kEpsilon, relu,
                       y);
    dx = dy.Clone();
    if (relu) ReluBackward(threads, y, dx, dx);
    BatchNormBackward(threads, x, mean, variance, gamma, kEpsilon, dx, dx,
                      dgamma, dbeta);
  }

  int64_t channels;
  Tensor x, dy, gamma, beta, mean, variance, y, dx, dgamma, dbeta;
};

void ExpectReference(const Site& s, bool relu, double offset) {
  const auto expected =
      test::ReferenceBatchNorm(s.x, s.gamma, s.beta, kEpsilon, relu, s.dy);
  // Rows are added in groups of four floats, two roundings deep after that of x
  // less the first row; values are up to 1 + offset, and a mean's own rounding
  // moves y by offset.
  const double size = 1 + std::fabs(offset);
  const double deep = 4 * kRounding;
  EXPECT_THAT(s.mean, IsCloseTo(expected.mean, ErrorBound{size * deep, 0}));
  EXPECT_THAT(s.variance,
              IsCloseTo(expected.variance, ErrorBound{size * deep, 0}));
  // Divided by a deviation of at least a quarter.
  EXPECT_THAT(s.y, IsCloseTo(expected.y, ErrorBound{4 * size * deep, deep}));
  EXPECT_THAT(s.dx, IsCloseTo(expected.dx, ErrorBound{16 * size * deep, deep}));
  const double rows = static_cast<double>(s.x.count() / s.channels);
  // rows terms of up to 4, so deep each.
  EXPECT_THAT(s.dbeta, IsCloseTo(expected.dbeta, ErrorBound{rows * deep, 0}));
  EXPECT_THAT(s.dgamma, IsCloseTo(expected.dgamma,
                                  ErrorBound{4 * rows * size * deep, 0}));
}

TEST(BatchNorm, EqualsTheReference) {
  const ThreadPool threads(2);
  for (const Shape& shape :
       {Shape{4, 5, 3, 11}, Shape{2, 3, 3, 64}, Shape{7, 5}, Shape{2, 1},
        Shape{300, 8, 8, 3}, Shape{9, 15, 15, 17}}) {
    for (const bool relu : {false, true}) {
      SCOPED_TRACE(shape.ToString() + (relu ? " relu" : ""));
      Site site(shape, 7);
      site.Run(threads, relu);
      if (shape[0] == 2 && shape.rank() == 2) continue;  // x_hat is +-1
      ExpectReference(site, relu, 0);
    }
  }
}

TEST(BatchNorm, EndOfAResidualBlockHasTheBitsOfItsParts) {
  const ThreadPool threads(2);
  for (const Shape& shape : {Shape{4, 9, 9, 37}, Shape{2, 1, 1, 3}}) {
    Site site(shape, 7);
    site.Run(threads, /*relu=*/false);
    const Tensor expected = Tensor::Uninitialized(shape);
    Add(threads, site.y, site.dy, expected);
    Relu(threads, expected, expected);
    const Normalization norm = {site.mean, site.variance, site.gamma, site.beta,
                                kEpsilon};
    const Tensor out = Tensor::Uninitialized(shape);
    BatchNormAddRelu(threads, site.x, norm, site.dy, out);
    EXPECT_THAT(out, HasBitsOf(expected));
    const Tensor in_place = site.x.Clone();
    BatchNormAddRelu(threads, in_place, norm, site.dy, in_place);
    EXPECT_THAT(in_place, HasBitsOf(expected));
  }
}

TEST(BatchNorm, GradientsAreRoundedInTheSamePass) {
  const ThreadPool threads(2);
  Site site({4, 9, 9, 37}, 7);
  site.Run(threads, /*relu=*/false);
  const auto rounded = TensorOf<Bf16>::Uninitialized(site.x.shape());
  const Bf16Sink sink = {rounded, 0.375f};
  const Tensor dy = site.dy.Clone();
  BatchNormBackward(threads, site.x, site.mean, site.variance, site.gamma,
                    kEpsilon, dy, dy, site.dgamma, site.dbeta, &sink);
  for (int64_t i = 0; i < rounded.count(); ++i) {
    ASSERT_EQ(rounded.data()[i].bits,
              RoundedToBf16(site.dx.data()[i] * 0.375f).bits)
        << "at " << i;
  }
}

TEST(BatchNorm, MeansOfManyDeviationsDoNotHurt) {
  const ThreadPool threads(2);
  for (const double offset : {23.0, -40.0}) {  // in units of about a deviation
    Site site({8, 16, 16, 13}, 11, offset);
    site.Run(threads, false);
    ExpectReference(site, false, offset);
  }
  // Ten thousand deviations: the sums are of what differs from the first row.
  Site site({8, 16, 16, 13}, 12, 1e4);
  BatchNormStatistics(threads, site.x, site.mean, site.variance);
  const auto expected = test::ReferenceBatchNorm(site.x, site.gamma, site.beta,
                                                 kEpsilon, false, site.dy);
  EXPECT_THAT(site.variance,
              IsCloseTo(expected.variance, ErrorBound{0, 16 * kRounding}));
}

TEST(BatchNorm, AConstantChannelHasVarianceZero) {
  const ThreadPool threads(2);
  const Tensor x = Tensor::Filled({3, 9, 9, 40}, 0.1f);
  Tensor mean = Tensor::Zeros({40});
  Tensor variance = Tensor::Filled({40}, 1);
  BatchNormStatistics(threads, x, mean, variance);
  EXPECT_THAT(mean, HasBitsOf(Tensor::Filled({40}, 0.1f)));
  EXPECT_THAT(variance, HasBitsOf(Tensor::Zeros({40})));
}

TEST(BatchNorm, GradientsByFiniteDifferences) {
  const ThreadPool threads(1);
  Site site({2, 3, 2, 3}, 21);
  site.Run(threads, false);
  const auto loss = [&](const Tensor& x, const Tensor& gamma,
                        const Tensor& beta) {
    const auto reference =
        test::ReferenceBatchNorm(x, gamma, beta, kEpsilon, false, site.dy);
    double sum = 0;
    for (int64_t i = 0; i < x.count(); ++i) {
      sum += reference.y.values[i] * site.dy.data()[i];
    }
    return sum;
  };
  // The gradients are floats that went through a division by a deviation.
  const test::GradCheck check = {.step = 1e-2, .rounding = 1e-7};
  test::ExpectGradient(
      [&](const Tensor& x) { return loss(x, site.gamma, site.beta); }, site.x,
      site.dx, check);
  test::ExpectGradient(
      [&](const Tensor& gamma) { return loss(site.x, gamma, site.beta); },
      site.gamma, site.dgamma, check);
  test::ExpectGradient(
      [&](const Tensor& beta) { return loss(site.x, site.gamma, beta); },
      site.beta, site.dbeta, check);
}

TEST(BatchNorm, ThreadsAndPlaceDoNotChangeBits) {
  for (const Shape& shape : {Shape{64, 7, 7, 130}, Shape{3, 111, 111, 5}}) {
    Site one(shape, 31), three(shape, 31);
    one.Run(ThreadPool(1), true);
    const ThreadPool threads(3);
    three.Run(threads, true);
    for (const auto& [a, b] : {std::pair(one.mean, three.mean),
                               {one.variance, three.variance},
                               {one.y, three.y},
                               {one.dx, three.dx},
                               {one.dgamma, three.dgamma},
                               {one.dbeta, three.dbeta}}) {
      EXPECT_THAT(a, HasBitsOf(b));
    }
    Tensor in_place = one.x.Clone();
    BatchNormNormalize(threads, in_place, one.mean, one.variance, one.gamma,
                       one.beta, kEpsilon, true, in_place);
    EXPECT_THAT(in_place, HasBitsOf(one.y));
  }
}

TEST(BatchNorm, ParameterGradientsAreAddedTo) {
  const ThreadPool threads(1);
  Site site({3, 4, 4, 6}, 41);
  site.Run(threads, false);
  const Tensor once = site.dgamma.Clone();
  site.Run(threads, false);
  for (int64_t c = 0; c < 6; ++c) {
    EXPECT_EQ(site.dgamma.data()[c], 2 * once.data()[c]);
  }
}

TEST(BatchNorm, NanPassesTheRelu) {
  const ThreadPool threads(1);
  const Tensor x = Tensor::CopyOf(std::vector<float>{NAN, -1, 2}, {3, 1});
  const Tensor zero = Tensor::Zeros({1}), one = Tensor::Filled({1}, 1);
  Tensor y = Tensor::Zeros({3, 1});
  BatchNormNormalize(threads, x, zero, one, one, zero, 0, true, y);
  EXPECT_TRUE(std::isnan(y.data()[0]));
  EXPECT_EQ(y.data()[1], 0);
  EXPECT_EQ(y.data()[2], 2);
}

TEST(UpdateRunningStatistics, FollowsWithTheUnbiasedVariance) {
  const Tensor mean = Tensor::Filled({1}, 4), variance = Tensor::Filled({1}, 3);
  Tensor running_mean = Tensor::Filled({1}, 2);
  Tensor running_variance = Tensor::Filled({1}, 8);
  UpdateRunningStatistics(mean, variance, 4, 0.25f, running_mean,
                          running_variance);
  EXPECT_EQ(running_mean.data()[0], 0.75 * 2 + 0.25 * 4);
  EXPECT_EQ(running_variance.data()[0], 0.75 * 8 + 0.25 * 3 * 4 / 3);
}

TEST(UpdateRunningStatistics, MomentumOneForgetsEvenNan) {
  const Tensor mean = Tensor::Filled({1}, 4), variance = Tensor::Filled({1}, 0);
  Tensor running_mean = Tensor::Filled({1}, NAN);
  Tensor running_variance = Tensor::Filled({1}, NAN);
  UpdateRunningStatistics(mean, variance, 1, 1.0f, running_mean,
                          running_variance);
  EXPECT_EQ(running_mean.data()[0], 4);
  EXPECT_EQ(running_variance.data()[0], 0);  // of a single value
}

}  // namespace
}  // namespace rtfq::ops
