#include "rtfq/train/losses/information_maximization.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/grad_check.h"
#include "tests/testing/random_tensor.h"

namespace rtfq {
namespace {

using test::ExpectGradient;
using test::RandomTensor;

TEST(InformationMaximization, IsLowestForCertainAndDiversePredictions) {
  const Tensor diverse =
      Tensor::CopyOf(std::vector<float>{80, -80, -80, 80}, {2, 2});
  // H(p[n]) = -log(1 + 1e-5), H(mean) = -log(1/2 + 1e-5)
  EXPECT_NEAR(InformationMaximization(diverse).loss,
              -std::log(1 + 1e-5) + std::log(0.5 + 1e-5), 1e-14);
  // All the same, certain or not: the entropies cancel.
  EXPECT_NEAR(InformationMaximization(Tensor::Zeros({3, 5})).loss, 0, 1e-14);
  const Tensor same =
      Tensor::CopyOf(std::vector<float>{80, -80, 80, -80}, {2, 2});
  EXPECT_NEAR(InformationMaximization(same).loss, 0, 1e-14);
}

TEST(InformationMaximization, GradientByFiniteDifferences) {
  const Tensor logits = RandomTensor({4, 5}, 1, -2, 2);
  const auto loss = [](const Tensor& z) {
    return InformationMaximization(z).loss;
  };
  ExpectGradient(loss, logits, InformationMaximization(logits).dlogits,
                 {.step = 1e-2, .rounding = 1e-15});
}

TEST(InformationMaximization, GradientByFiniteDifferencesOfSaturatedRows) {
  Tensor logits = RandomTensor({4, 5}, 2, -2, 2);
  logits.data()[0] = 80;
  logits.data()[6] = -80;
  logits.data()[13] = 80;
  const auto loss = [](const Tensor& z) {
    return InformationMaximization(z).loss;
  };
  const Tensor gradient = InformationMaximization(logits).dlogits;
  for (const float v : gradient.span()) EXPECT_TRUE(std::isfinite(v));
  ExpectGradient(loss, logits, gradient, {.step = 1e-2, .rounding = 1e-15});
}

TEST(InformationMaximization, RowsOfAGradientSumToZero) {
  const Tensor logits = RandomTensor({6, 31}, 3, -80, 80);
  const Tensor gradient = InformationMaximization(logits).dlogits;
  for (int64_t n = 0; n < 6; ++n) {
    double sum = 0;
    for (int64_t k = 0; k < 31; ++k) sum += gradient.data()[n * 31 + k];
    EXPECT_NEAR(sum, 0, 31 * 0x1p-24);  // softmax knows no common shift
  }
}

}  // namespace
}  // namespace rtfq
