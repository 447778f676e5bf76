#include "rtfq/tools/weight_import.h"

#include <filesystem>
#include <limits>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/models/resnet_spec.h"
#include "tests/core/torch_bytes.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

constexpr int kClasses = 5;

class WeightImportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Add(const std::string& name, const Shape& shape, float value) {
    tensors_.push_back(Tensor::Zeros(shape));
    for (float& v : tensors_.back().span()) v = value;
    writer_.AddF32(name, tensors_.back().view());
  }
  // A ResNet-18 of ones under torchvision's names, its classifier of `fc`.
  std::string WriteResNet18(float fc) {
    NetworkConfig network;
    network.set_family(NetworkConfig::RESNET18);
    const ResNetSpec spec = MakeResNetSpec(network, kClasses).value();
    for (const ConvSpec& conv : ConvSpecsAt(spec, 224, 100)) {
      Add(conv.name + ".weight",
          {conv.out_channels, conv.in_channels, conv.kernel, conv.kernel}, 1);
      for (const char* part :
           {".weight", ".bias", ".running_mean", ".running_var"})
        Add(conv.bn_name + part, {conv.out_channels}, 1);
      Add(conv.bn_name + ".num_batches_tracked", {1}, 1);
    }
    Add("fc.weight", {kClasses, FeaturesAt(spec, 100)}, fc);
    Add("fc.bias", {kClasses}, fc);
    const std::string path = folder_ / "in.safetensors";
    EXPECT_THAT(writer_.WriteAtomically(path), IsOk());
    return path;
  }

  std::filesystem::path folder_;
  std::list<Tensor> tensors_;
  SafetensorsWriter writer_;
};

TEST_F(WeightImportTest, ChecksAndStoresEveryTensor) {
  const std::string in = WriteResNet18(2), out = folder_ / "out.safetensors";
  const auto said = ImportWeights(in, 18, out);
  ASSERT_THAT(said, IsOk());
  // 20 convolutions of 1 + 4 tensors, and the classifier's 2.
  EXPECT_THAT(*said, HasSubstr("102 tensors, 5 classes"));
  const auto file = SafetensorsFile::Read(out, {.verify_checksum = true});
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->entries().size(), 20u * 5 + 2);
  EXPECT_EQ(file->ReadF32("fc.bias")->span()[4], 2);
  EXPECT_THAT(ImportWeights(in, 18, out),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(ImportWeights(in, 50, folder_ / "other.safetensors"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("layer1.0.conv3.weight")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "other.safetensors"));
}

TEST_F(WeightImportTest, ValuesMustBeFinite) {
  const std::string in = WriteResNet18(std::numeric_limits<float>::quiet_NaN());
  EXPECT_THAT(ImportWeights(in, 18, folder_ / "out.safetensors"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("fc.")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.safetensors"));
}

TEST_F(WeightImportTest, ABiasAloneIsNoClassifier) {
  Add("fc.bias", {100000}, 1);
  const std::string in = folder_ / "in.safetensors";
  ASSERT_THAT(writer_.WriteAtomically(in), IsOk());
  EXPECT_THAT(ImportWeights(in, 18, folder_ / "out.safetensors"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("no fc.weight with the 100000 rows")));
}

// The tensors of a safetensors file as DataParallel would have them saved.
std::string AsCheckpoint(const SafetensorsFile& file) {
  std::vector<std::pair<std::string, std::string>> items;
  std::vector<StorageBytes> storages;
  for (const auto& [name, entry] : file.entries()) {
    std::vector<int64_t> strides(entry.shape.size(), 1);
    for (size_t i = strides.size(); i-- > 1;) {
      strides[i - 1] = strides[i] * entry.shape[i];
    }
    const std::string key = absl::StrCat(storages.size());
    const bool counts = absl::EndsWith(name, ".num_batches_tracked");
    const int64_t count = counts ? 1 : entry.count();
    items.emplace_back("module." + name,
                       counts
                           ? TensorCall(key, 1, 0, {}, {}, "LongStorage")
                           : TensorCall(key, count, 0, entry.shape, strides));
    storages.push_back({key, static_cast<uint64_t>(count),
                        counts ? Number(7, 8) : std::string(entry.bytes)});
  }
  std::string state_dict = Dict(items).substr(2);  // without PROTO
  state_dict.pop_back();                           // and STOP
  return TorchLegacy(Dict({{"epoch", Int(90)}, {"state_dict", state_dict}}),
                     storages);
}

TEST_F(WeightImportTest, CheckpointsGiveTheSameFile) {
  const std::string in = WriteResNet18(2), checkpoint = folder_ / "in.pth";
  ASSERT_THAT(WriteFileAtomically(
                  checkpoint, AsCheckpoint(SafetensorsFile::Read(in).value())),
              IsOk());
  ASSERT_THAT(ImportWeights(in, 18, folder_ / "a"), IsOk());
  ASSERT_THAT(ImportWeights(checkpoint, 18, folder_ / "b"), IsOk());
  EXPECT_TRUE(ReadFile(folder_ / "a").value() ==
              ReadFile(folder_ / "b").value());
}

TEST_F(WeightImportTest, OtherFilesAreNamed) {
  const auto error = [&](const std::string& in, int depth) {
    return std::string(
        ImportWeights(in, depth, folder_ / "out").status().message());
  };
  const std::string zipped = folder_ / "r50.safetensors";
  ASSERT_THAT(WriteFileAtomically(zipped, "\x1f\x8b\x08 and so on"), IsOk());
  EXPECT_THAT(error(zipped, 50), HasSubstr("gunzip -k " + zipped));
  EXPECT_THAT(error(zipped, 51), HasSubstr("18, 34, 50 or 101"));
  const std::string attack = folder_ / "attack.pth";
  ASSERT_THAT(
      WriteFileAtomically(
          attack, TorchZip(Name("os", "system") + Text("id") + "\x85R.", {})),
      IsOk());
  EXPECT_THAT(error(attack, 18), HasSubstr("'os.system' is not accepted"));
  EXPECT_THAT(error("/none.safetensors", 50), HasSubstr("/none.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

}  // namespace
}  // namespace rtfq
