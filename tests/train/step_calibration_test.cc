#include "rtfq/train/step_calibration.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::SmallSupernet;

PairedBatch BatchOf(const SmallSupernet& small, uint64_t seed) {
  PairedBatch batch;
  batch.source.images = small.Images(3, 32, seed);
  batch.target.images = small.Images(3, 32, seed + 1);
  return batch;
}

absl::Status Calibrate(const std::vector<PairedBatch>& batches,
                       SmallSupernet& small) {
  return CalibrateActivationSteps(
      static_cast<int64_t>(batches.size()),
      [&](int64_t i) -> absl::StatusOr<PairedBatch> { return batches.at(i); },
      small.net());
}

std::map<std::string, float> ActivationSteps(SmallSupernet& small) {
  std::map<std::string, float> steps;
  for (const Parameter& p : small.net().store().parameters()) {
    if (absl::StrContains(p.name, ".input_step.")) {
      steps[p.name] = *p.value.data();
    }
  }
  return steps;
}

double MeanMagnitude(const Tensor& x) {
  double sum = 0;
  for (const float v : x.span()) sum += std::abs(v);
  return sum / static_cast<double>(x.count());
}

// 2 * mean|x| / sqrt(Q_P), its mean over both domains' batches: of the images
// themselves, which the stem reads with codes of -128 to 127.
TEST(StepCalibration, TheStemsStepIsThatOfTheImages) {
  SmallSupernet small;
  const std::vector<PairedBatch> batches = {BatchOf(small, 1),
                                            BatchOf(small, 5)};
  ASSERT_THAT(Calibrate(batches, small), IsOk());
  double expected = 0;
  for (const PairedBatch& batch : batches) {
    for (const Tensor& images : {batch.source.images, batch.target.images}) {
      expected += 2 * MeanMagnitude(images) / std::sqrt(127.0) / 4;
    }
  }
  // Four means, each rounded to f32 a few times.
  EXPECT_NEAR(ActivationSteps(small).at("conv1.input_step.8"), expected,
              16 * test::kRounding * expected);
}

TEST(StepCalibration, SetsEveryActivationStepAndNothingElse) {
  SmallSupernet small, untouched;
  const std::map<std::string, float> before = ActivationSteps(small);
  const std::vector<PairedBatch> batches = {BatchOf(small, 1)};
  ASSERT_THAT(Calibrate(batches, small), IsOk());
  const std::map<std::string, float> after = ActivationSteps(small);
  ASSERT_FALSE(before.empty());
  for (const auto& [name, step] : before) {
    EXPECT_NE(after.at(name), step) << name;
    EXPECT_GT(after.at(name), 0) << name;
  }
  for (const Parameter& p : untouched.net().store().parameters()) {
    if (absl::StrContains(p.name, ".input_step.")) continue;
    EXPECT_THAT(small.net().store().Find(p.name)->value,
                test::HasBitsOf(p.value))
        << p.name;
  }
  for (const Buffer& b : untouched.net().store().buffers()) {
    EXPECT_THAT(small.net().store().FindBuffer(b.name)->value,
                test::HasBitsOf(b.value))
        << b.name;
  }
}

// Fewer bits have fewer codes for the same values, so larger steps. The first
// block reads what the stem made, which is the same for all bits where their
// batch norms are.
TEST(StepCalibration, FewerBitsHaveLargerSteps) {
  SmallSupernet small;
  for (Parameter& p : small.net().store().parameters()) {
    if (p.kind != ParameterKind::kBatchNormAffine) continue;
    const float value = absl::EndsWith(p.name, ".weight") ? 1 : 0;
    for (float& v : p.value.span()) v = value;
  }
  const std::vector<PairedBatch> batches = {BatchOf(small, 1)};
  ASSERT_THAT(Calibrate(batches, small), IsOk());
  const std::map<std::string, float> steps = ActivationSteps(small);
  const double ratio = steps.at("layer1.0.conv1.input_step.4") /
                       steps.at("layer1.0.conv1.input_step.8");
  EXPECT_NEAR(ratio, std::sqrt(255.0 / 15), 8 * test::kRounding * ratio);
}

TEST(StepCalibration, AtFullPrecisionThereIsNothingToSet) {
  SmallSupernet small({.bits = {32}});
  EXPECT_THAT(Calibrate({}, small), IsOk());
  EXPECT_TRUE(ActivationSteps(small).empty());
}

TEST(StepCalibration, ABatchThatCannotBeReadIsItsError) {
  SmallSupernet small;
  EXPECT_THAT(CalibrateActivationSteps(
                  2,
                  [&](int64_t i) -> absl::StatusOr<PairedBatch> {
                    if (i == 0) return BatchOf(small, 1);
                    return absl::DataLossError("a.jpg");
                  },
                  small.net()),
              test::StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace rtfq
