#include "rtfq/ops/batch_norm_kernels.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::ErrorBound;
using test::IsCloseTo;
using test::kRounding;
using test::RandomTensor;

constexpr int64_t kChannels = 37;

// Mean and sum of squared deviations of a channel, in two passes.
struct Deviations {
  double mean = 0, sum = 0;
};
Deviations Of(const Tensor& x, int64_t rows, int64_t c) {
  Deviations d;
  for (int64_t r = 0; r < rows; ++r) d.mean += x.data()[r * kChannels + c];
  d.mean /= static_cast<double>(rows);
  for (int64_t r = 0; r < rows; ++r) {
    d.sum += std::pow(x.data()[r * kChannels + c] - d.mean, 2);
  }
  return d;
}

TEST(BatchNormKernels, StatisticsOfPartsJoinToThoseOfTheWhole) {
  constexpr int64_t kRows = 101;
  const Tensor x = RandomTensor({kRows, kChannels}, 1, 3, 5);
  std::vector<double> means(kChannels, 0.0), deviations(kChannels, 0.0);
  int64_t n = 0;
  for (const int64_t k : {40, 1, 7, 53}) {
    const float* part = x.data() + n * kChannels;
    std::vector<double> sums(2 * kChannels, 0.0);
    AddStatistics(part, k, kChannels, part, sums.data(),
                  sums.data() + kChannels);
    JoinStatistics(sums.data(), part, kChannels, static_cast<double>(n),
                   static_cast<double>(k), means.data(), deviations.data());
    n += k;
  }
  ASSERT_EQ(n, kRows);
  for (int64_t c = 0; c < kChannels; ++c) {
    const Deviations expected = Of(x, kRows, c);
    // Distances of at most 2, squares of at most 4, each of three roundings.
    EXPECT_NEAR(means[c], expected.mean, 3 * 2 * kRounding) << c;
    EXPECT_NEAR(deviations[c], expected.sum, 4 * 4 * kRows * kRounding) << c;
  }
}

TEST(BatchNormKernels, GradientSumsJoinAndBecomeFactors) {
  constexpr int64_t kChunks = 5, kRows = 70;
  const float epsilon = 1e-3f;
  std::vector<double> sums(kChunks * 2 * kChannels);
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = std::sin(double(i));
  const Tensor variance = RandomTensor({kChannels}, 1, 0.5, 2);
  const Tensor gamma = RandomTensor({kChannels}, 2);
  const Tensor dgamma = Tensor::Filled({kChannels}, 0.5f);
  const Tensor dbeta = Tensor::Filled({kChannels}, -0.5f);
  const InputGradientFactors factors =
      JoinGradientSums(sums, kRows, variance, gamma, epsilon, dgamma, dbeta);
  for (int64_t c = 0; c < kChannels; ++c) {
    double sum = 0, product = 0;
    for (int64_t chunk = 0; chunk < kChunks; ++chunk) {
      sum += sums[chunk * 2 * kChannels + c];
      product += sums[(chunk * 2 + 1) * kChannels + c];
    }
    const double inverse = 1 / std::sqrt(variance.data()[c] + double{epsilon});
    const double bound = 8 * kRounding;  // of values up to 8
    EXPECT_NEAR(dbeta.data()[c], -0.5 + sum, bound);
    EXPECT_NEAR(dgamma.data()[c], 0.5 + product * inverse, bound);
    EXPECT_NEAR(factors.mean_dy[c], sum / kRows, kRounding);
    EXPECT_NEAR(factors.slope[c], product * inverse * inverse / kRows,
                kRounding);
    EXPECT_NEAR(factors.scale[c], gamma.data()[c] * inverse, 2 * kRounding);
  }
}

TEST(BatchNormKernels, TheInputsGradientIsTheFormula) {
  const Shape shape = {3, 5, 5, kChannels};
  const Tensor x = RandomTensor(shape, 1), dy = RandomTensor(shape, 2);
  const Tensor mean = RandomTensor({kChannels}, 3);
  InputGradientFactors factors;
  for (std::vector<float>* f :
       {&factors.mean_dy, &factors.slope, &factors.scale}) {
    const Tensor values = RandomTensor({kChannels}, 4 + f->size());
    f->assign(values.span().begin(), values.span().end());
  }
  std::vector<double> expected;
  for (int64_t i = 0; i < x.count(); ++i) {
    const int64_t c = i % kChannels;
    expected.push_back(
        factors.scale[c] *
        ((double{dy.data()[i]} - factors.mean_dy[c]) -
         (double{x.data()[i]} - mean.data()[c]) * factors.slope[c]));
  }
  const ThreadPool threads(2);
  Tensor dx = Tensor::Uninitialized(shape);
  InputGradient(threads, x, dy, mean.data(), factors, dx, nullptr);
  // Five roundings of values up to 4.
  EXPECT_THAT(dx,
              IsCloseTo(expected, ErrorBound{.absolute = 5 * 4 * kRounding}));
  const auto rounded = TensorOf<Bf16>::Uninitialized(shape);
  const Bf16Sink sink = {rounded, 0.5f};
  InputGradient(threads, x, dy, mean.data(), factors, dx, &sink);
  for (int64_t i = 0; i < dx.count(); ++i) {
    ASSERT_EQ(rounded.data()[i].bits, RoundedToBf16(dx.data()[i] * 0.5f).bits)
        << i;
  }
}

TEST(BatchNormKernels, ScaleIsGammaByTheDeviation) {
  const Tensor gamma = RandomTensor({kChannels}, 1);
  const Tensor variance = RandomTensor({kChannels}, 2, 0, 3);
  const std::vector<float> scale = NormalizingScale(gamma, variance, 1e-5f);
  ASSERT_EQ(scale.size(), size_t{kChannels});
  for (int64_t c = 0; c < kChannels; ++c) {
    const double expected =
        gamma.data()[c] / std::sqrt(variance.data()[c] + double{1e-5f});
    EXPECT_NEAR(scale[c], expected, std::abs(expected) * 2 * kRounding) << c;
  }
}

TEST(BatchNormKernels, PiecesAndChunksFollowTheShape) {
  for (const int64_t channels : {1, 3, 64, 2048, 100000}) {
    EXPECT_GE(RowsPerPiece(channels), 1);
    for (const int64_t rows : {1, 100, 100000, 10000000}) {
      const int64_t grain = RowsPerChunk(rows, channels);
      EXPECT_GE(grain, RowsPerPiece(channels));
      EXPECT_LE((rows + grain - 1) / grain, 256);
    }
  }
}

}  // namespace
}  // namespace rtfq::ops
