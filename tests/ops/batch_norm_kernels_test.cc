#include "rtfq/ops/batch_norm_kernels.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/ops/pieces.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::ErrorBound;
using test::HasBitsOf;
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
    // Distances below 2 and squares below 4: three roundings of a distance,
    // four of a square, the last three of sums of up to four of them.
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

TEST(BatchNormKernels, ConstantChannelsHaveNoNegativeDeviation) {
  constexpr int64_t kRows = 3;
  const Tensor value = RandomTensor({kChannels}, 1);
  const Tensor shift = RandomTensor({kChannels}, 2);
  const Tensor x = Tensor::Uninitialized({kRows, kChannels});
  for (int64_t i = 0; i < x.count(); ++i) {
    x.data()[i] = value.data()[i % kChannels];
  }
  std::vector<double> sums(2 * kChannels, 0.0);
  AddStatistics(x.data(), kRows, kChannels, shift.data(), sums.data(),
                sums.data() + kChannels);
  std::vector<double> means(kChannels, 0.0), deviations(kChannels, 0.0);
  JoinStatistics(sums.data(), shift.data(), kChannels, 0, kRows, means.data(),
                 deviations.data());
  int negative = 0;  // where a square was rounded down
  for (int64_t c = 0; c < kChannels; ++c) {
    negative += sums[kChannels + c] - sums[c] * sums[c] / kRows < 0;
    EXPECT_GE(deviations[c], 0) << c;
  }
  EXPECT_GT(negative, 0) << "nothing here would be negative";
}

// One row more than two pieces, and factors that differ from each other.
struct GradientSite {
  const Shape shape = {2 * RowsPerPiece(kChannels) + 1, kChannels};
  const Tensor x = RandomTensor(shape, 1), dy = RandomTensor(shape, 2);
  const Tensor mean = RandomTensor({kChannels}, 3);
  const InputGradientFactors factors = {
      .mean_dy = Factor(4), .slope = Factor(5), .scale = Factor(6)};

  static std::vector<float> Factor(uint64_t seed) {
    const Tensor values = RandomTensor({kChannels}, seed);
    return {values.span().begin(), values.span().end()};
  }
};

TEST(BatchNormKernels, TheInputsGradientIsTheFormulaOnAnyNumberOfThreads) {
  const GradientSite s;
  std::vector<double> expected;
  for (int64_t i = 0; i < s.x.count(); ++i) {
    const int64_t c = i % kChannels;
    expected.push_back(
        s.factors.scale[c] *
        ((double{s.dy.data()[i]} - s.factors.mean_dy[c]) -
         (double{s.x.data()[i]} - s.mean.data()[c]) * s.factors.slope[c]));
  }
  std::vector<Tensor> results;
  for (const int num_threads : {1, 3}) {
    results.push_back(Tensor::Filled(s.shape, 9));
    InputGradient(ThreadPool(num_threads), s.x, s.dy, s.mean.data(), s.factors,
                  results.back(), nullptr);
  }
  // Five roundings of values up to 4.
  EXPECT_THAT(results[0],
              IsCloseTo(expected, ErrorBound{.absolute = 5 * 4 * kRounding}));
  EXPECT_THAT(results[1], HasBitsOf(results[0]));
  const Tensor in_place = s.dy.Clone();
  InputGradient(ThreadPool(3), s.x, in_place, s.mean.data(), s.factors,
                in_place, nullptr);
  EXPECT_THAT(in_place, HasBitsOf(results[0]));
}

TEST(BatchNormKernels, TheInputsGradientIsRoundedInsteadOfWritten) {
  const GradientSite s;
  const ThreadPool threads(3);
  const Tensor dx = Tensor::Uninitialized(s.shape);
  InputGradient(threads, s.x, s.dy, s.mean.data(), s.factors, dx, nullptr);
  const auto rounded = TensorOf<Bf16>::Uninitialized(s.shape);
  const Bf16Sink sink = {rounded, 0.375f};
  const Tensor untouched = Tensor::Filled(s.shape, 9);
  InputGradient(threads, s.x, s.dy, s.mean.data(), s.factors, untouched, &sink);
  for (int64_t i = 0; i < dx.count(); ++i) {
    ASSERT_EQ(rounded.data()[i].bits, RoundedToBf16(dx.data()[i] * 0.375f).bits)
        << i;
  }
  EXPECT_THAT(untouched, HasBitsOf(Tensor::Filled(s.shape, 9)));
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

TEST(BatchNormKernels, PiecesAreTheMostRowsOfAGrain) {
  for (const int64_t channels : {1, 3, 64, 2048, 32768, 100000}) {
    const int64_t rows = RowsPerPiece(channels);
    ASSERT_GE(rows, 1) << channels;
    EXPECT_TRUE(rows == 1 || rows * channels <= kGrain) << channels;
    EXPECT_GT((rows + 1) * channels, kGrain) << channels;
  }
}

TEST(BatchNormKernels, ChunksArePiecesOrTheFewestRowsThatMake256) {
  for (const int64_t channels : {1, 3, 64, 2048, 100000}) {
    for (const int64_t rows : {1, 100, 100000, 10000000}) {
      const int64_t chunk = RowsPerChunk(rows, channels);
      EXPECT_LE(ThreadPool::NumChunks(rows, chunk), 256);
      EXPECT_GE(chunk, RowsPerPiece(channels));
      EXPECT_TRUE(chunk == RowsPerPiece(channels) ||
                  ThreadPool::NumChunks(rows, chunk - 1) > 256)
          << rows << " rows of " << channels;
    }
  }
}

}  // namespace
}  // namespace rtfq::ops
