#include "rtfq/ops/normalize_quantize.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/ops/activation.h"
#include "rtfq/ops/batch_norm.h"
#include "rtfq/ops/codes.h"
#include "rtfq/ops/lsq.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::RandomTensor;

constexpr float kEpsilon = 1e-5f;

// A normalization with its batch's statistics, and a step that cuts some values
// at both ends.
struct Site {
  Site(const Shape& shape, uint64_t seed)
      : channels(shape[shape.rank() - 1]),
        x(RandomTensor(shape, seed, -2, 3)),
        dv_hat(RandomTensor(shape, seed + 1)),
        gamma(RandomTensor({channels}, seed + 2, 0.5, 1.5)),
        beta(RandomTensor({channels}, seed + 3)),
        mean(Tensor::Uninitialized({channels})),
        variance(Tensor::Uninitialized({channels})) {
    BatchNormStatistics(threads, x, mean, variance);
  }
  Normalization normalization() const {
    return {mean, variance, gamma, beta, kEpsilon};
  }

  const ThreadPool threads{2};
  int64_t channels;
  Tensor x, dv_hat, gamma, beta, mean, variance;
};

const std::vector<Shape>& Shapes() {
  static const auto& shapes =
      *new std::vector<Shape>{{1, 1, 1, 1},  {2, 3, 3, 5},    {3, 7, 5, 24},
                              {2, 9, 9, 64}, {1, 3, 1, 3000}, {4, 40, 40, 33}};
  return shapes;
}

TEST(NormalizeQuantize, HasTheBitsOfItsParts) {
  for (const Shape& shape : Shapes()) {
    for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
      const Site site(shape, 11);
      const CodeRange range = CodesOf(bits, Sign::kUnsigned);
      const float step = 1.5f / static_cast<float>(range.max);
      Tensor y = Tensor::Uninitialized(shape);
      BatchNormNormalize(site.threads, site.x, site.mean, site.variance,
                         site.gamma, site.beta, kEpsilon, /*relu=*/true, y);
      const auto expected = TensorOf<uint8_t>::Uninitialized(shape);
      Quantize(site.threads, y, step, range, expected.view());
      const auto codes = TensorOf<uint8_t>::Uninitialized(shape);
      NormalizeQuantize(site.threads, site.x, site.normalization(), step, range,
                        codes);
      for (int64_t i = 0; i < codes.count(); ++i) {
        ASSERT_EQ(codes.data()[i], expected.data()[i])
            << shape.ToString() << " at " << i;
      }
    }
  }
}

// Backward as its three parts, in their own order of sums.
struct Parts {
  Parts(const Site& site, float step, CodeRange range, int64_t n)
      : dx(site.dv_hat.Clone()),
        dgamma(Tensor::Filled({site.channels}, 0.5f)),
        dbeta(Tensor::Filled({site.channels}, -0.5f)) {
    Tensor y = Tensor::Uninitialized(site.x.shape());
    BatchNormNormalize(site.threads, site.x, site.mean, site.variance,
                       site.gamma, site.beta, kEpsilon, /*relu=*/true, y);
    dstep = FakeQuantizeBackward(site.threads, y, step, range, n, dx, dx);
    ReluBackward(site.threads, y, dx, dx);
    BatchNormBackward(site.threads, site.x, site.mean, site.variance,
                      site.gamma, kEpsilon, dx, dx, dgamma, dbeta);
  }
  Tensor dx, dgamma, dbeta;
  float dstep = 0;
};

void ExpectRounded(const TensorOf<Bf16>& rounded, const Tensor& dx,
                   float factor) {
  for (int64_t i = 0; i < dx.count(); ++i) {
    ASSERT_EQ(rounded.data()[i].bits, RoundedToBf16(dx.data()[i] * factor).bits)
        << "at " << i;
  }
}

TEST(NormalizeQuantize, BackwardHasTheBitsOfItsParts) {
  for (const Shape& shape : Shapes()) {
    const Site site(shape, 29);
    const CodeRange range = CodesOf(BitWidth::k4, Sign::kUnsigned);
    const float step = 1.2f / static_cast<float>(range.max);
    const int64_t n = shape.count() / shape[0];
    const Parts parts(site, step, range, n);
    for (const bool in_place : {false, true}) {
      const Tensor dv_hat = site.dv_hat.Clone();
      const Tensor dx = in_place ? dv_hat : Tensor::Uninitialized(shape);
      const Tensor dgamma = Tensor::Filled({site.channels}, 0.5f);
      const Tensor dbeta = Tensor::Filled({site.channels}, -0.5f);
      const float dstep =
          NormalizeQuantizeBackward(site.threads, site.x, site.normalization(),
                                    step, range, n, dv_hat, dx, dgamma, dbeta);
      EXPECT_THAT(dx, HasBitsOf(parts.dx)) << shape.ToString();
      EXPECT_THAT(dgamma, HasBitsOf(parts.dgamma)) << shape.ToString();
      EXPECT_THAT(dbeta, HasBitsOf(parts.dbeta)) << shape.ToString();
      const Tensor again = site.dv_hat.Clone();
      const Tensor more_dgamma = Tensor::Zeros({site.channels});
      const Tensor more_dbeta = Tensor::Zeros({site.channels});
      const auto rounded = TensorOf<Bf16>::Uninitialized(shape);
      const Bf16Sink sink = {rounded, 0.375f};
      EXPECT_EQ(NormalizeQuantizeBackward(
                    site.threads, site.x, site.normalization(), step, range, n,
                    again, again, more_dgamma, more_dbeta, &sink),
                dstep);
      ExpectRounded(rounded, dx, 0.375f);
      // Double sums in another order: each of the count additions rounds by at
      // most 2^-53 of a partial sum, which count * Q_P * g * max|dv_hat| = 1
      // bounds; then one rounding to f32.
      const double g = 1 / std::sqrt(static_cast<double>(n) * range.max);
      const double count = static_cast<double>(shape.count());
      const double bound = count * count * range.max * g * std::pow(2, -53);
      EXPECT_NEAR(dstep, parts.dstep,
                  bound + std::abs(parts.dstep) * std::pow(2, -23))
          << shape.ToString();
    }
  }
}

TEST(NormalizeQuantize, ThreadsChangeNoBit) {
  const Shape shape = {4, 40, 40, 33};
  const Site site(shape, 5);
  const CodeRange range = CodesOf(BitWidth::k6, Sign::kUnsigned);
  std::vector<Tensor> gradients;
  std::vector<float> steps;
  for (const int num_threads : {1, 2}) {
    const ThreadPool threads(num_threads);
    const Tensor dx = Tensor::Uninitialized(shape);
    const Tensor dgamma = Tensor::Zeros({33}), dbeta = Tensor::Zeros({33});
    steps.push_back(
        NormalizeQuantizeBackward(threads, site.x, site.normalization(), 0.03f,
                                  range, 100, site.dv_hat, dx, dgamma, dbeta));
    gradients.push_back(dx);
  }
  EXPECT_THAT(gradients[1], HasBitsOf(gradients[0]));
  EXPECT_EQ(steps[1], steps[0]);
}

TEST(NormalizeQuantize, ValuesThatAreNoNumbersShowInTheGradients) {
  Site site({2, 2, 2, 8}, 3);
  site.x.data()[5] = std::numeric_limits<float>::quiet_NaN();
  const CodeRange range = CodesOf(BitWidth::k8, Sign::kUnsigned);
  const auto codes = TensorOf<uint8_t>::Filled(site.x.shape(), 9);
  NormalizeQuantize(site.threads, site.x, site.normalization(), 0.1f, range,
                    codes);
  EXPECT_EQ(codes.data()[5], 0);
  const Tensor dgamma = Tensor::Zeros({8}), dbeta = Tensor::Zeros({8});
  const float dstep = NormalizeQuantizeBackward(
      site.threads, site.x, site.normalization(), 0.1f, range, 32, site.dv_hat,
      site.dv_hat, dgamma, dbeta);
  EXPECT_TRUE(std::isnan(dstep));
}

TEST(NormalizeQuantize, NothingIsFine) {
  const Site site({2, 2, 2, 4}, 3);
  const Tensor none = Tensor::Zeros({0, 2, 2, 4});
  const auto codes = TensorOf<uint8_t>::Uninitialized({0, 2, 2, 4});
  const CodeRange range = CodesOf(BitWidth::k8, Sign::kUnsigned);
  NormalizeQuantize(site.threads, none, site.normalization(), 0.1f, range,
                    codes);
  const Tensor dgamma = Tensor::Zeros({4}), dbeta = Tensor::Zeros({4});
  EXPECT_EQ(
      NormalizeQuantizeBackward(site.threads, none, site.normalization(), 0.1f,
                                range, 1, none, none, dgamma, dbeta),
      0.0f);
}

}  // namespace
}  // namespace rtfq::ops
