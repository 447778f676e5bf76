#include "rtfq/train/checkpoint_tensors.h"

#include <cmath>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/core/safetensors_writer.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::HasBitsOf;
using test::IsOk;
using test::SmallSupernet;
using test::StatusIs;
using ::testing::HasSubstr;

std::string Path(const std::string& name) {
  return testing::TempDir() + "/" + name;
}

SafetensorsFile Written(const SafetensorsWriter& writer) {
  const std::string path = Path("c.safetensors");
  EXPECT_TRUE(writer.WriteAtomically(path).ok());
  return SafetensorsFile::Read(path).value();
}

TEST(CheckpointTensors, SupernetsComeBackWhole) {
  SmallSupernet saved, other;
  for (Parameter& p : other.net().store().parameters()) {
    for (float& v : p.value.span()) v += 1;
  }
  for (Buffer& b : other.net().store().buffers()) {
    for (float& v : b.value.span()) v += 1;
  }
  SafetensorsWriter writer;
  AddSupernet("student", saved.net(), writer);
  AddSupernet("teacher", other.net(), writer);
  const SafetensorsFile file = Written(writer);
  SmallSupernet restored;
  for (Parameter& p : restored.net().store().parameters()) {
    for (float& v : p.value.span()) v = -7;
  }
  ASSERT_THAT(RestoreSupernet("teacher", file, restored.net()), IsOk());
  for (const Parameter& p : other.net().store().parameters()) {
    EXPECT_THAT(restored.net().store().Find(p.name)->value, HasBitsOf(p.value))
        << p.name;
  }
  for (const Buffer& b : other.net().store().buffers()) {
    EXPECT_THAT(restored.net().store().FindBuffer(b.name)->value,
                HasBitsOf(b.value))
        << b.name;
  }
  ASSERT_THAT(RestoreSupernet("student", file, restored.net()), IsOk());
  EXPECT_THAT(restored.net().store().parameters().front().value,
              HasBitsOf(saved.net().store().parameters().front().value));
}

TEST(CheckpointTensors, SaysWhatIsMissingOrOfAnotherShape) {
  SmallSupernet small;
  SafetensorsWriter writer;
  AddSupernet("student", small.net(), writer);
  const SafetensorsFile file = Written(writer);
  EXPECT_THAT(RestoreSupernet("teacher", file, small.net()),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("teacher/")));
  SmallSupernet basic({.bottleneck = false});
  const absl::Status status = RestoreSupernet("student", file, basic.net());
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("c.safetensors"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("student/"));
}

TEST(CheckpointTensors, RefusesValuesThatNoNetworkRunsWith) {
  const float nan = std::nanf("");
  SmallSupernet small;
  const auto refuses = [&](const std::string& name, Tensor& tensor,
                           float wrong) {
    const float right = tensor.span().back();
    tensor.span().back() = wrong;
    SafetensorsWriter writer;
    AddSupernet("student", small.net(), writer);
    SmallSupernet restored;
    EXPECT_THAT(
        RestoreSupernet("student", Written(writer), restored.net()),
        StatusIs(absl::StatusCode::kDataLoss, HasSubstr("student/" + name)))
        << wrong;
    tensor.span().back() = right;
  };
  std::set<ParameterKind> seen;
  for (Parameter& p : small.net().store().parameters()) {
    if (!seen.insert(p.kind).second) continue;
    refuses(p.name, p.value, nan);
    if (p.kind != ParameterKind::kStep) continue;
    refuses(p.name, p.value, 0);
    refuses(p.name, p.value, -1);
  }
  EXPECT_EQ(seen.size(), 3u);
  for (Buffer& b : small.net().store().buffers()) {
    refuses(b.name, b.value, nan);
    if (b.name.find("running_var") == std::string::npos) continue;
    refuses(b.name, b.value, -1);
    break;
  }
}

TEST(CheckpointTensors, VelocitiesComeBack) {
  ParameterStore store(/*with_gradients=*/true);
  store.Add("a.weight", ParameterKind::kWeight, Tensor::Zeros({2, 3}));
  store.Add("b.weight", ParameterKind::kWeight, Tensor::Zeros({4}));
  Optimizer optimizer(store, OptimizerConfig()),
      restored(store, OptimizerConfig());
  float value = 1;
  for (const auto& [name, velocity] : optimizer.velocities()) {
    for (float& v : velocity.span()) v = value++;
  }
  SafetensorsWriter writer;
  AddOptimizer(optimizer, writer);
  const SafetensorsFile file = Written(writer);
  ASSERT_THAT(RestoreOptimizer(file, restored), IsOk());
  ASSERT_EQ(restored.velocities().size(), 2u);
  for (const auto& [name, velocity] : optimizer.velocities()) {
    EXPECT_THAT(restored.velocities().at(name), HasBitsOf(velocity)) << name;
  }
  optimizer.velocities().at("b.weight").span()[3] = std::nanf("");
  SafetensorsWriter damaged;
  AddOptimizer(optimizer, damaged);
  EXPECT_THAT(
      RestoreOptimizer(Written(damaged), restored),
      StatusIs(absl::StatusCode::kDataLoss, HasSubstr("velocity/b.weight")));
  store.Add("c.weight", ParameterKind::kWeight, Tensor::Zeros({1}));
  Optimizer larger(store, OptimizerConfig());
  EXPECT_THAT(RestoreOptimizer(file, larger),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("c.weight")));
}

}  // namespace
}  // namespace rtfq
