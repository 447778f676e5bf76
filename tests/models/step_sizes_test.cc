#include "rtfq/models/step_sizes.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;

TEST(StepSizes, AreParametersNamedByTheirBits) {
  ParameterStore store(/*with_gradients=*/true);
  const StepSizes steps(store, "fc.weight_step", {BitWidth::k8, BitWidth::k4});
  std::vector<std::string> names;
  for (const Parameter& p : store.parameters()) {
    names.push_back(p.name);
    EXPECT_EQ(p.kind, ParameterKind::kStep);
    EXPECT_EQ(p.value.shape(), Shape({1}));
  }
  EXPECT_THAT(names, ElementsAre("fc.weight_step.8", "fc.weight_step.4"));
  EXPECT_EQ(steps.ParameterAt(BitWidth::k4), store.Find("fc.weight_step.4"));
  EXPECT_EQ(steps.all().size(), 2u);
  EXPECT_EQ(steps.all().at(BitWidth::k8), steps.ParameterAt(BitWidth::k8));
}

TEST(StepSizes, AreOneUntilSetEachByItself) {
  ParameterStore store(/*with_gradients=*/true);
  const StepSizes steps(store, "s", {BitWidth::k8, BitWidth::k4});
  EXPECT_EQ(steps.At(BitWidth::k8), 1.0f);
  *steps.ParameterAt(BitWidth::k8)->value.data() = 0.25f;
  EXPECT_EQ(steps.At(BitWidth::k8), 0.25f);
  EXPECT_EQ(steps.At(BitWidth::k4), 1.0f);
  // A checkpoint puts another tensor in the parameter's place.
  store.Find("s.4")->value = Tensor::Filled({1}, 0.5f);
  EXPECT_EQ(steps.At(BitWidth::k4), 0.5f);
}

TEST(StepSizes, FullPrecisionHasNone) {
  ParameterStore store(/*with_gradients=*/true);
  const StepSizes alone(store, "a", {BitWidth::kFloat});
  EXPECT_TRUE(alone.all().empty());
  EXPECT_TRUE(store.parameters().empty());
}

}  // namespace
}  // namespace rtfq
