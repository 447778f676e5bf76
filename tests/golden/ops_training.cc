// Losses, optimizer, schedule, teacher.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/train/cosine_schedule.h"
#include "rtfq/train/ema_update.h"
#include "rtfq/train/losses/cross_entropy.h"
#include "rtfq/train/losses/distillation.h"
#include "rtfq/train/losses/information_maximization.h"
#include "rtfq/train/losses/pseudo_label.h"
#include "rtfq/train/sgd.h"
#include "tests/golden/ops_checks.h"

namespace rtfq {
namespace {

using test::ErrorBound;
using test::IsCloseTo;

// Losses are summed in double, so even one that cancels to nothing is right to
// this.
constexpr double kDoubleSum = 1e-13;

void CheckLoss(GoldenCase& c, const LossAndGradient& actual,
               double loss_difference, double gradient_difference) {
  const double loss = c.Scalar("loss");
  EXPECT_NEAR(actual.loss, loss,
              kDoubleSum + kSummationOrder * loss_difference * std::fabs(loss));
  EXPECT_THAT(actual.dlogits,
              IsCloseTo(c.Values("dlogits"), GoldenBound(gradient_difference)));
}

}  // namespace

void CheckCrossEntropy(GoldenCase& c) {
  CheckLoss(c, CrossEntropy(c.Get("logits"), c.Ints("labels")), 1e-7, 8e-8);
}

void CheckInformationMaximization(GoldenCase& c) {
  CheckLoss(c, InformationMaximization(c.Get("logits")), 2e-7, 2e-7);
}

void CheckDistillation(GoldenCase& c) {
  CheckLoss(c, Distillation(c.Get("logits"), c.Get("teacher_logits")), 3e-7,
            1e-6);
}

void CheckPseudoLabel(GoldenCase& c) {
  const PseudoLabelResult result = PseudoLabel(c.Get("logits"));
  CheckLoss(c, result, 2e-8, 4e-6);
  EXPECT_EQ(result.labels, c.Ints("pseudo_labels"));
  EXPECT_THAT(result.mask, IsCloseTo(c.Values("mask"), ErrorBound{}));
  if (c.NameHas("none_passes")) {
    EXPECT_EQ(result.loss, 0);
  }
}

void CheckSgd(GoldenCase& c) {
  const ThreadPool threads(1);
  const std::vector<double> rates = c.Values("learning_rate");
  Tensor p = c.Get("parameter");
  Tensor velocity = Tensor::Zeros(p.shape());
  for (int step = 0; step < 3; ++step) {
    SCOPED_TRACE(step);
    const std::string index = std::to_string(step);
    SgdUpdate(threads, p.span(), c.Get("gradient" + index).span(),
              velocity.span(),
              {.rate = rates[step], .weight_decay = c.Scalar("weight_decay")});
    EXPECT_THAT(
        p, IsCloseTo(c.Values("parameter_after" + index), GoldenBound(7e-8)));
    EXPECT_THAT(velocity, IsCloseTo(c.Values("velocity_after" + index),
                                    GoldenBound(1e-7)));
  }
}

void CheckCosine(GoldenCase& c) {
  const double base = c.Scalar("base_rate");
  const int64_t total = c.Int("total_steps");
  std::vector<double> rates;
  for (const int64_t step : c.Ints("step")) {
    rates.push_back(CosineRate(base, step, total));
  }
  EXPECT_THAT(rates, IsCloseTo(c.Values("rate"), ErrorBound{0, 1e-15}));
}

void CheckEma(GoldenCase& c) {
  const ThreadPool threads(1);
  Tensor teacher = c.Get("teacher");
  const float momentum = static_cast<float>(c.Scalar("momentum"));
  for (int step = 0; step < 3; ++step) {
    SCOPED_TRACE(step);
    const std::string index = std::to_string(step);
    EmaUpdate(threads, teacher.span(), c.Get("student" + index).span(),
              momentum);
    EXPECT_THAT(teacher, IsCloseTo(c.Values("teacher_after" + index),
                                   GoldenBound(1e-7)));
  }
}

}  // namespace rtfq
