#include "rtfq/train/optimizer.h"

#include <cmath>

#include "gtest/gtest.h"
#include "rtfq/models/step_sizes.h"

namespace rtfq {
namespace {

OptimizerConfig Config() {
  OptimizerConfig config;
  config.set_momentum(0.5);
  config.set_weight_decay(0.25);
  return config;
}

void SetGradient(Parameter& p, float g) {
  for (float& v : p.Touch().span()) v = g;
}

TEST(OptimizerTest, DecaysWeightsAndBatchNormButNotSteps) {
  ParameterStore store(true);
  const ThreadPool threads(1);
  Parameter* w = store.Add("w", ParameterKind::kWeight, Tensor::Filled({2}, 2));
  Parameter* gamma =
      store.Add("g", ParameterKind::kBatchNormAffine, Tensor::Filled({1}, 2));
  Parameter* step =
      store.Add("s", ParameterKind::kStep, Tensor::Filled({1}, 2));
  Optimizer optimizer(store, Config());
  for (Parameter* p : {w, gamma, step}) SetGradient(*p, 1);
  EXPECT_TRUE(optimizer.Step(threads, 0.125).empty());
  // g = 1 + 0.25 * 2, v = g, p = 2 - 0.125 * (g + 0.5 v), all exact.
  EXPECT_EQ(w->value.data()[1], 2 - 0.125f * (1.5f + 0.75f));
  EXPECT_EQ(gamma->value.data()[0], 2 - 0.125f * (1.5f + 0.75f));
  EXPECT_EQ(step->value.data()[0], 2 - 0.125f * (1.0f + 0.5f));
}

TEST(OptimizerTest, LeavesUntouchedParametersAlone) {
  ParameterStore store(true);
  const ThreadPool threads(1);
  Parameter* a = store.Add("a", ParameterKind::kWeight, Tensor::Filled({1}, 2));
  Parameter* b = store.Add("b", ParameterKind::kWeight, Tensor::Filled({1}, 2));
  Optimizer optimizer(store, Config());
  SetGradient(*a, 1);
  SetGradient(*b, 1);
  optimizer.Step(threads, 0.125);
  const float moved = *b->value.data();
  const float velocity = *optimizer.velocities().at("b").data();
  store.ZeroGradients();
  SetGradient(*a, 1);
  optimizer.Step(threads, 0.125);
  EXPECT_EQ(*b->value.data(), moved);
  EXPECT_EQ(*optimizer.velocities().at("b").data(), velocity);
  EXPECT_NE(*a->value.data(), moved);
}

TEST(OptimizerTest, HoldsStepsAboveZeroAndNamesThem) {
  ParameterStore store(true);
  const ThreadPool threads(1);
  Parameter* step = store.Add("layer1.0.conv1.weight_step.4",
                              ParameterKind::kStep, Tensor::Filled({1}, 1e-3f));
  Optimizer optimizer(store, Config());
  SetGradient(*step, 100);
  EXPECT_EQ(optimizer.Step(threads, 1.0),
            std::vector<std::string>{"layer1.0.conv1.weight_step.4"});
  EXPECT_EQ(*step->value.data(), kSmallestStep);
}

TEST(OptimizerTest, MultipliersScaleTheirRates) {
  ParameterStore store(true);
  const ThreadPool threads(1);
  OptimizerConfig config = Config();
  config.set_weight_decay(0);
  config.set_classifier_lr_multiplier(4);
  config.set_step_size_lr_multiplier(2);
  Parameter* w =
      store.Add("conv1.weight", ParameterKind::kWeight, Tensor::Filled({1}, 8));
  Parameter* fc =
      store.Add("fc.weight", ParameterKind::kWeight, Tensor::Filled({1}, 8));
  Parameter* step = store.Add("fc.weight_step.8", ParameterKind::kStep,
                              Tensor::Filled({1}, 8));
  Optimizer optimizer(store, config);
  for (Parameter* p : {w, fc, step}) SetGradient(*p, 1);
  optimizer.Step(threads, 0.25);
  EXPECT_EQ(*w->value.data(), 8 - 0.25f * 1.5f);
  EXPECT_EQ(*fc->value.data(), 8 - 4 * 0.25f * 1.5f);
  EXPECT_EQ(*step->value.data(), 8 - 2 * 0.25f * 1.5f);
}

TEST(OptimizerTest, GradientNormNamesTheCulprit) {
  ParameterStore store(true);
  Parameter* a = store.Add("a", ParameterKind::kWeight, Tensor::Zeros({4}));
  Parameter* b = store.Add("b", ParameterKind::kWeight, Tensor::Zeros({9}));
  Optimizer optimizer(store, Config());
  SetGradient(*a, 3);
  SetGradient(*b, 4);
  EXPECT_DOUBLE_EQ(optimizer.GradientNorm(nullptr),
                   std::sqrt(4 * 9.0 + 9 * 16.0));
  b->gradient.data()[3] = NAN;
  std::string culprit;
  EXPECT_TRUE(std::isnan(optimizer.GradientNorm(&culprit)));
  EXPECT_EQ(culprit, "b");
}

}  // namespace
}  // namespace rtfq
