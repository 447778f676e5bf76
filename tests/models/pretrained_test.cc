#include "rtfq/models/pretrained.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Tensors = std::map<std::string, Tensor>;

Tensors SmallNet(int64_t classes, float value) {
  return {{"conv1.weight", Tensor::Filled({4, 3, 3, 3}, value)},
          {"bn1.weight", Tensor::Filled({4}, value)},
          {"bn1.running_var", Tensor::Filled({4}, value)},
          {"fc.weight", Tensor::Filled({classes, 4}, value)},
          {"fc.bias", Tensor::Filled({classes}, value)}};
}

SafetensorsFile FileOf(const Tensors& tensors) {
  const auto tracked = TensorOf<int64_t>::Filled({}, 7);
  SafetensorsWriter writer;
  for (const auto& [name, tensor] : tensors) writer.AddF32(name, tensor);
  writer.AddI64("bn1.num_batches_tracked", tracked);
  return SafetensorsFile::Parse(writer.Serialize().value(), "bytes").value();
}

absl::StatusOr<PretrainedReport> Load(const Tensors& from, const Tensors& into,
                                      const std::string& classifier = "fc") {
  std::vector<PretrainedTarget> targets;
  for (const auto& [name, tensor] : into) targets.push_back({name, tensor});
  return LoadPretrained(FileOf(from), "my.file", targets, classifier);
}

bool AllAre(const Tensor& tensor, float value) {
  for (const float element : tensor.span()) {
    if (element != value) return false;
  }
  return true;
}

// The message of a load that must fail and write nothing.
std::string Refusal(const Tensors& from, const Tensors& into) {
  const absl::Status status = Load(from, into).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const auto& [name, tensor] : into) {
    EXPECT_TRUE(AllAre(tensor, -1.0f)) << name;
  }
  EXPECT_THAT(std::string(status.message()),
              StartsWith("my.file: does not fit this network; "));
  return std::string(status.message());
}

TEST(LoadPretrained, FillsEveryTarget) {
  const Tensors into = SmallNet(10, -1.0f);
  const PretrainedReport report = Load(SmallNet(10, 0.5f), into).value();
  EXPECT_EQ(report.loaded, 5);
  EXPECT_THAT(report.replaced, IsEmpty());
  for (const auto& [name, tensor] : into) {
    EXPECT_TRUE(AllAre(tensor, 0.5f)) << name;
  }
}

TEST(LoadPretrained, LeavesAClassifierOfOtherClasses) {
  for (const int64_t classes : {3, 31}) {
    const Tensors into = SmallNet(classes, -1.0f);
    const PretrainedReport report = Load(SmallNet(10, 0.5f), into).value();
    EXPECT_EQ(report.loaded, 3);
    EXPECT_THAT(report.replaced, ElementsAre("fc.weight", "fc.bias"));
    EXPECT_TRUE(AllAre(into.at("fc.weight"), -1.0f));
    EXPECT_TRUE(AllAre(into.at("fc.bias"), -1.0f));
    EXPECT_TRUE(AllAre(into.at("conv1.weight"), 0.5f));
  }
}

TEST(LoadPretrained, OnlyTheNamedClassifierMayDiffer) {
  EXPECT_THAT(
      Load(SmallNet(10, 0.5f), SmallNet(3, -1.0f), "head").status().ToString(),
      HasSubstr("2 of another shape or type: fc.bias is F32 [10], want "
                "floats [3], fc.weight is F32 [10,4], want floats "
                "[3,4]"));
}

TEST(LoadPretrained, AClassifierOfOtherFeaturesOrTornIsRefused) {
  Tensors other_features = SmallNet(10, 0.5f);
  other_features["fc.weight"] = Tensor::Filled({10, 8}, 0.5f);
  EXPECT_THAT(Refusal(other_features, SmallNet(3, -1.0f)),
              HasSubstr("fc.weight is F32 [10,8], want floats [3,4]"));
  Tensors torn = SmallNet(10, 0.5f);
  torn["fc.bias"] = Tensor::Filled({11}, 0.5f);
  EXPECT_THAT(Refusal(torn, SmallNet(3, -1.0f)),
              HasSubstr("2 of another shape"));
  Tensors no_bias = SmallNet(10, 0.5f);
  no_bias.erase("fc.bias");
  EXPECT_THAT(Refusal(no_bias, SmallNet(3, -1.0f)),
              HasSubstr("1 missing: fc.bias; 1 of another shape"));
}

TEST(LoadPretrained, NamesEverythingThatDoesNotFit) {
  Tensors from = SmallNet(10, 0.5f);
  from.erase("bn1.weight");
  from["layer9.conv.weight"] = Tensor::Zeros({1});
  from["bn1.running_var"] = Tensor::Zeros({4, 1});
  EXPECT_THAT(
      Refusal(from, SmallNet(10, -1.0f)),
      HasSubstr("1 missing: bn1.weight; 1 unexpected: 'layer9.conv.weight'; "
                "1 of another shape or type: bn1.running_var is F32 [4,1], "
                "want floats [4]; is it of another depth?"));
}

TEST(LoadPretrained, ShowsTenAndTheCount) {
  Tensors into = SmallNet(10, -1.0f);
  for (int i = 100; i < 125; ++i) {
    into["z" + std::to_string(i)] = Tensor::Filled({1}, -1.0f);
  }
  const std::string message = Refusal(SmallNet(10, 0.5f), into);
  EXPECT_THAT(message, HasSubstr("25 missing: z100, z101, "));
  EXPECT_THAT(message, HasSubstr("z109, ..."));
  EXPECT_THAT(message, Not(HasSubstr("z110")));
}

TEST(LoadPretrained, IntegersAreNoWeights) {
  const auto codes = TensorOf<int8_t>::Filled({4}, 1);
  SafetensorsWriter writer;
  writer.AddI8("w", codes);
  const SafetensorsFile file =
      SafetensorsFile::Parse(writer.Serialize().value(), "bytes").value();
  const Tensor into = Tensor::Filled({4}, -1.0f);
  const std::vector<PretrainedTarget> targets = {{"w", into}};
  EXPECT_THAT(LoadPretrained(file, "my.file", targets).status().ToString(),
              HasSubstr("w is I8 [4], want floats [4]"));
}

TEST(LoadPretrained, WritesThroughViewsWithGaps) {
  const Tensor whole = Tensor::Filled({2, 3}, -1.0f);
  const Tensor from = Tensor::Filled({2, 2}, 0.5f);
  const std::vector<PretrainedTarget> targets = {
      {"w", whole.view().Prefix({2, 2})}};
  ASSERT_TRUE(LoadPretrained(FileOf({{"w", from}}), "f", targets).ok());
  const float expected[] = {0.5f, 0.5f, -1.0f, 0.5f, 0.5f, -1.0f};
  EXPECT_TRUE(std::equal(expected, expected + 6, whole.data()));
}

TEST(LoadPretrainedDeathTest, TargetNamesMustDiffer) {
  const Tensor w = Tensor::Zeros({2});
  const std::vector<PretrainedTarget> targets = {{"w", w}, {"w", w}};
  const SafetensorsFile file = FileOf({{"w", w}});
  EXPECT_DEATH((void)LoadPretrained(file, "f", targets).ok(), "is_new");
}

}  // namespace
}  // namespace rtfq
