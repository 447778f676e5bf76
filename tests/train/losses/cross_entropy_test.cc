#include "rtfq/train/losses/cross_entropy.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/grad_check.h"
#include "tests/testing/random_tensor.h"

namespace rtfq {
namespace {

using test::ExpectGradient;
using test::RandomTensor;

TEST(CrossEntropy, OfEvenLogitsIsTheLogarithmOfTheClasses) {
  const Tensor logits = Tensor::Filled({2, 4}, 3);
  const std::vector<int64_t> labels = {1, 3};
  const LossAndGradient result = CrossEntropy(logits, labels);
  EXPECT_NEAR(result.loss, std::log(4.0), 1e-15);
  // (p - t) / N, t = .9 * onehot + .1 / 4
  EXPECT_FLOAT_EQ(result.dlogits.data()[0], (0.25f - 0.1f / 4) / 2);
  EXPECT_FLOAT_EQ(result.dlogits.data()[1], (0.25f - 0.9f - 0.1f / 4) / 2);
}

TEST(CrossEntropy, WithoutSmoothingIsMinusTheLabelsLogProbability) {
  const Tensor logits =
      Tensor::CopyOf(std::vector<float>{0, std::log(3.0f)}, {1, 2});
  EXPECT_NEAR(CrossEntropy(logits, std::vector<int64_t>{0}, 0).loss,
              std::log(4.0), 1e-7);
  EXPECT_NEAR(CrossEntropy(logits, std::vector<int64_t>{1}, 0).loss,
              std::log(4.0 / 3), 1e-7);
}

TEST(CrossEntropy, GradientByFiniteDifferences) {
  for (const double size : {2.0, 80.0}) {
    const Tensor logits = RandomTensor({4, 5}, 1, -size, size);
    const std::vector<int64_t> labels = {0, 4, 2, 2};
    ExpectGradient(
        [&](const Tensor& z) { return CrossEntropy(z, labels).loss; }, logits,
        CrossEntropy(logits, labels).dlogits,
        {.step = 1e-2, .rounding = 1e-14 * size});
  }
}

TEST(CrossEntropy, StaysFiniteForHugeLogits) {
  const Tensor logits =
      Tensor::CopyOf(std::vector<float>{80, -80, 1e30f, -1e30f}, {2, 2});
  const LossAndGradient result =
      CrossEntropy(logits, std::vector<int64_t>{1, 0}, 0);
  // 160 for the first row, nothing for the second.
  EXPECT_NEAR(result.loss, 80, 1e-12);
  EXPECT_FLOAT_EQ(result.dlogits.data()[0], 0.5f);
  EXPECT_EQ(result.dlogits.data()[2], 0);
}

TEST(CrossEntropy, NanIsPassedOn) {
  const Tensor logits = Tensor::Filled({1, 3}, NAN);
  EXPECT_TRUE(std::isnan(CrossEntropy(logits, std::vector<int64_t>{0}).loss));
}

TEST(CrossEntropyDeathTest, LabelsMustBeClasses) {
  const Tensor logits = Tensor::Zeros({1, 3});
  EXPECT_DEATH(CrossEntropy(logits, std::vector<int64_t>{-1}), "RTFQ_CHECK");
  EXPECT_DEATH(CrossEntropy(logits, std::vector<int64_t>{3}), "RTFQ_CHECK");
}

}  // namespace
}  // namespace rtfq
