#include "rtfq/ops/fold_batch_norm.h"

#include <cmath>
#include <cstdint>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::kRounding;
using test::RandomTensor;

constexpr float kEpsilon = 1e-5f;

TEST(FoldBatchNorm, OneChannelByHand) {
  const Tensor mean = Tensor::Filled({1}, 3.0f);
  const Tensor variance = Tensor::Filled({1}, 4.0f);
  const Tensor gamma = Tensor::Filled({1}, 6.0f);
  const Tensor beta = Tensor::Filled({1}, 10.0f);
  const FoldedBatchNorm folded =
      FoldBatchNorm({mean, variance, gamma, beta, 0.0f}, 0.5f);
  // 6 * (sum / 2 - 3) / 2 + 10 = sum * 3 / 2 + 1
  EXPECT_EQ(folded.scale.data()[0], 1.5f);
  EXPECT_EQ(folded.bias.data()[0], 1.0f);
}

TEST(FoldBatchNorm, IsTheNormalizationOfScaledSums) {
  constexpr int64_t kChannels = 300;
  const Tensor mean = RandomTensor({kChannels}, 1, -3, 3);
  const Tensor variance = RandomTensor({kChannels}, 2, 0.01, 4);
  const Tensor gamma = RandomTensor({kChannels}, 3, -2, 2);
  const Tensor beta = RandomTensor({kChannels}, 4, -2, 2);
  const float sum_scale = 0.0123f;
  const FoldedBatchNorm folded =
      FoldBatchNorm({mean, variance, gamma, beta, kEpsilon}, sum_scale);
  for (int64_t c = 0; c < kChannels; ++c) {
    const double sum = 1000.0 - 7 * static_cast<double>(c);
    const double slope = static_cast<double>(gamma.data()[c]) /
                         std::sqrt(static_cast<double>(variance.data()[c]) +
                                   static_cast<double>(kEpsilon));
    const double product = sum * static_cast<double>(sum_scale) * slope;
    const double shift = static_cast<double>(mean.data()[c]) * slope;
    const double expected =
        product - shift + static_cast<double>(beta.data()[c]);
    const double actual = sum * static_cast<double>(folded.scale.data()[c]) +
                          static_cast<double>(folded.bias.data()[c]);
    // Scale and bias are rounded once each.
    EXPECT_NEAR(actual, expected,
                kRounding * (std::abs(product) + std::abs(shift) + 2) * 1.01)
        << "channel " << c;
  }
}

}  // namespace
}  // namespace rtfq::ops
