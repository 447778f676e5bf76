#include "rtfq/train/losses/distillation.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/grad_check.h"
#include "tests/testing/random_tensor.h"

namespace rtfq {
namespace {

using test::ExpectGradient;
using test::RandomTensor;

TEST(Distillation, AtTheTeachersPredictionIsItsEntropyWithoutGradient) {
  // Equal distributions: teacher logits / .04 = student logits / .1.
  const Tensor teacher =
      Tensor::CopyOf(std::vector<float>{0, 0.04f * std::log(3.0f)}, {1, 2});
  const Tensor student =
      Tensor::CopyOf(std::vector<float>{0, 0.1f * std::log(3.0f)}, {1, 2});
  const LossAndGradient result = Distillation(student, teacher);
  EXPECT_NEAR(result.loss, -0.25 * std::log(0.25) - 0.75 * std::log(0.75),
              1e-6);
  EXPECT_NEAR(result.dlogits.data()[0], 0, 1e-5);
}

TEST(Distillation, SharpensTheTeacher) {
  const Tensor teacher = Tensor::CopyOf(std::vector<float>{0, 1}, {1, 2});
  const Tensor even = Tensor::Zeros({1, 2});
  const LossAndGradient result = Distillation(even, teacher);
  EXPECT_NEAR(result.loss, std::log(2.0), 1e-12);
  const double p = 1 / (1 + std::exp(-1 / 0.04));
  EXPECT_FLOAT_EQ(result.dlogits.data()[1],
                  static_cast<float>((0.5 - p) / 0.1));
}

TEST(Distillation, GradientByFiniteDifferences) {
  const Tensor teacher = RandomTensor({4, 5}, 1, -0.2, 0.2);
  const Tensor logits = RandomTensor({4, 5}, 2, -0.3, 0.3);
  ExpectGradient([&](const Tensor& z) { return Distillation(z, teacher).loss; },
                 logits, Distillation(logits, teacher).dlogits,
                 {.step = 1e-3, .rounding = 1e-14});
}

TEST(Distillation, StaysFiniteForHugeLogits) {
  const Tensor teacher = RandomTensor({4, 5}, 3, -80, 80);
  const Tensor logits = RandomTensor({4, 5}, 4, -80, 80);
  const LossAndGradient result = Distillation(logits, teacher);
  EXPECT_TRUE(std::isfinite(result.loss));
  // A loss of some hundreds, linear in the logits almost everywhere.
  ExpectGradient([&](const Tensor& z) { return Distillation(z, teacher).loss; },
                 logits, result.dlogits, {.step = 1e-2, .rounding = 1e-12});
}

}  // namespace
}  // namespace rtfq
