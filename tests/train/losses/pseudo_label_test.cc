#include "rtfq/train/losses/pseudo_label.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/grad_check.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;

TEST(PseudoLabel, CountsAllRowsButLearnsFromConfidentOnes) {
  const Tensor logits = Tensor::CopyOf(
      std::vector<float>{0, 1, 0, 9, 0, 0, -80, -80, 80}, {3, 3});
  const PseudoLabelResult result = PseudoLabel(logits);
  EXPECT_THAT(result.labels, ElementsAre(1, 0, 2));
  EXPECT_THAT(result.mask, ElementsAre(0, 1, 1));
  const Tensor confident = Tensor::CopyOf(logits.span().subspan(3), {2, 3});
  const LossAndGradient expected =
      CrossEntropy(confident, std::vector<int64_t>{0, 2});
  EXPECT_NEAR(result.loss, expected.loss * 2 / 3, 1e-13);
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(result.dlogits.data()[i], 0);
  for (int64_t i = 0; i < 6; ++i) {
    EXPECT_FLOAT_EQ(result.dlogits.data()[3 + i],
                    expected.dlogits.data()[i] * 2 / 3);
  }
}

TEST(PseudoLabel, TheThresholdItselfPassesAndTheFirstOfEqualsIsTheLabel) {
  const Tensor even = Tensor::Zeros({1, 2});
  const PseudoLabelResult result = PseudoLabel(even, 0.5);
  EXPECT_THAT(result.labels, ElementsAre(0));
  EXPECT_THAT(result.mask, ElementsAre(1));
  EXPECT_THAT(PseudoLabel(even, 0.5000001).mask, ElementsAre(0));
}

TEST(PseudoLabel, NothingConfidentIsNoLossAndNoGradient) {
  const PseudoLabelResult result =
      PseudoLabel(test::RandomTensor({4, 5}, 1, -1, 1));
  EXPECT_EQ(result.loss, 0);
  EXPECT_THAT(result.dlogits, test::HasBitsOf(Tensor::Zeros({4, 5})));
}

TEST(PseudoLabel, GradientByFiniteDifferencesWithFixedLabels) {
  Tensor logits = test::RandomTensor({4, 5}, 2, -1, 1);
  logits.data()[1] = 8;
  logits.data()[8] = 80;
  // Small steps neither change a label nor cross the threshold.
  test::ExpectGradient([](const Tensor& z) { return PseudoLabel(z).loss; },
                       logits, PseudoLabel(logits).dlogits,
                       {.step = 1e-2, .rounding = 1e-13});
}

TEST(PseudoLabel, NanIsPassedOn) {
  EXPECT_TRUE(std::isnan(PseudoLabel(Tensor::Filled({1, 3}, NAN)).loss));
}

}  // namespace
}  // namespace rtfq
