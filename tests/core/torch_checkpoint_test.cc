#include "rtfq/core/torch_checkpoint.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/core/random.h"
#include "tests/core/torch_bytes.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::IsOkAndHolds;
using test::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::string Bytes(const std::string& name) {
  const auto bytes = ReadFile("tests/core/testdata/" + name);
  EXPECT_THAT(bytes, IsOk());
  return bytes.value_or("");
}

absl::StatusOr<SafetensorsFile> Golden(const std::string& name) {
  return ParseTorchCheckpoint(Bytes(name), name);
}

// 0, 0.5, 1, ..., as the goldens are made of.
std::vector<double> Ramp(int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(0.5 * i);
  return values;
}

// make_torch_goldens.py's state_dict().
void ExpectStateDict(const SafetensorsFile& file) {
  const auto values = [&](const char* name) {
    return file.ReadDoubles(name).value();
  };
  const auto shape = [&](const char* name) { return file.Find(name)->shape; };
  EXPECT_EQ(file.entries().size(), 13u);
  EXPECT_EQ(values("plain"), Ramp(6));
  EXPECT_THAT(shape("plain"), ElementsAre(2, 3));
  EXPECT_EQ(values("half"), Ramp(4));
  EXPECT_EQ(file.Find("half")->dtype, DType::kF16);
  EXPECT_EQ(values("double"), Ramp(4));
  EXPECT_EQ(file.Find("bfloat16")->dtype, DType::kBF16);
  EXPECT_EQ(values("bfloat16"), Ramp(4));
  EXPECT_THAT(shape("transposed"), ElementsAre(3, 2));
  EXPECT_THAT(values("transposed"), ElementsAre(0, 1.5, 0.5, 2, 1, 2.5));
  EXPECT_THAT(shape("conv"), ElementsAre(2, 2, 3, 2));
  EXPECT_EQ(values("conv"), Ramp(24));  // lies [2,3,2,2]
  EXPECT_EQ(values("shared.all"), Ramp(12));
  EXPECT_THAT(values("shared.row"), ElementsAre(2, 2.5, 3, 3.5));
  EXPECT_THAT(values("shared.column"), ElementsAre(1, 3, 5));
  EXPECT_EQ(values("parameter"), Ramp(2));
  EXPECT_THAT(shape("empty"), ElementsAre(0, 3));
  EXPECT_THAT(values("empty"), ElementsAre());
  EXPECT_THAT(file.ReadInts("bn.num_batches_tracked"),
              IsOkAndHolds(std::vector<int64_t>{7}));
  EXPECT_THAT(shape("bn.num_batches_tracked"), ElementsAre());
  EXPECT_THAT(file.ReadInts("flags"), IsOkAndHolds(std::vector<int64_t>{1, 0}));
}

TEST(ParseTorchCheckpoint, BothFormats) {
  for (const char* name : {"zip.pth", "zip_protocol4.pth", "legacy.pth"}) {
    SCOPED_TRACE(name);
    const absl::StatusOr<SafetensorsFile> file = Golden(name);
    ASSERT_THAT(file, IsOk());
    EXPECT_EQ(file->name(), name);
    ExpectStateDict(*file);
    const SafetensorsFile copy = *file;  // shares the bytes
    ExpectStateDict(copy);
  }
}

TEST(ParseTorchCheckpoint, StateDictsWithinADict) {
  for (const char* name : {"nested_state_dict.pth", "nested_model.pth"}) {
    const absl::StatusOr<SafetensorsFile> file = Golden(name);
    ASSERT_THAT(file, IsOk());
    EXPECT_EQ(file->entries().size(), 2u) << name;
    EXPECT_THAT(file->ReadDoubles("a"), IsOkAndHolds(Ramp(3)));
    EXPECT_THAT(file->ReadDoubles("b.c"), IsOkAndHolds(Ramp(2)));
  }
}

TEST(ParseTorchCheckpoint, ParametersOfOldPyTorch) {
  const absl::StatusOr<SafetensorsFile> file = Golden("before_0_4.pth");
  ASSERT_THAT(file, IsOk());
  for (const char* name : {"data", "parameter", "variable"}) {
    EXPECT_THAT(file->ReadDoubles(name), IsOkAndHolds(Ramp(6)));
  }
}

TEST(ParseTorchCheckpoint, WhatIsNoStateDictIsRefusedByName) {
  const auto message = [](const char* name) {
    const absl::StatusOr<SafetensorsFile> file = Golden(name);
    EXPECT_THAT(file, StatusIs(kInvalid,
                               AllOf(StartsWith(name), Not(HasSubstr("\n")))));
    return std::string(file.status().message());
  };
  const auto named = [](const char* name) {
    return AllOf(HasSubstr(": byte "), HasSubstr("opcode GLOBAL: "),
                 HasSubstr(name), HasSubstr("torch._utils._rebuild_tensor_v2"));
  };
  EXPECT_THAT(message("attack_zip.pth"), named("'posix.system' is not"));
  EXPECT_THAT(message("attack_legacy.pth"), named("'posix.system' is not"));
  EXPECT_THAT(message("attack_eval.pth"), named("'__builtin__.eval' is not"));
  EXPECT_THAT(message("module.pth"), named("'torch.nn.modules.linear.Linear'"));
  EXPECT_THAT(message("numpy.pth"), named("'numpy.core.multiarray._recon"));
  EXPECT_THAT(message("sparse.pth"), named("_rebuild_sparse_tensor' is not"));
  EXPECT_THAT(message("complex_conjugate.pth"), named("ComplexFloatStorage'"));
  EXPECT_THAT(message("list.pth"), HasSubstr("holds no state dict"));
  EXPECT_THAT(message("not_a_tensor.pth"),
              HasSubstr("tensor 'epoch': is no tensor; wanted is"));
}

absl::Status Refusal(const std::string& pickle) {
  return ParseTorchCheckpoint(TorchZip(pickle, {{"0", 2, "12345678"}}), "f")
      .status();
}

TEST(ParseTorchCheckpoint, TensorsStayWithinTheirStorage) {
  const auto refusal = [](const std::string& call) {
    return Refusal(Dict({{"w", call}}));
  };
  const auto says = [](const std::string& what) {
    return StatusIs(kInvalid, HasSubstr("f: tensor 'w': " + what));
  };
  EXPECT_THAT(refusal(TensorCall("0", 2, 0, {2}, {1})), IsOk());
  EXPECT_THAT(refusal(TensorCall("0", 2, 1, {2}, {1})),
              says("reaches to element 2, but its storage has 2"));
  EXPECT_THAT(refusal(TensorCall("0", 2, -1, {2}, {1})),
              says("has a negative"));
  EXPECT_THAT(refusal(TensorCall("0", 2, 0, {2, 2}, {1})),
              says("has 2 dimensions and 1 strides"));
  EXPECT_THAT(refusal(TensorCall("0", 2, 0, {1 << 30}, {0})),
              says("has 1073741824 elements; the file could hold"));
  EXPECT_THAT(refusal(TensorCall("0", 2, 0, std::vector<int64_t>(65, 1),
                                 std::vector<int64_t>(65, 1))),
              says("its shape or strides are no tuple of at most 64"));
  const std::string rebuild = Name("torch._utils", "_rebuild_tensor_v2");
  const std::string storage = StorageRef("0", 2);
  EXPECT_THAT(refusal(rebuild + ")R"), says("is not made of storage"));
  EXPECT_THAT(refusal(rebuild + "(N" + Int(0) + "))tR"),
              says("is not made of storage"));
  EXPECT_THAT(refusal(rebuild + "(" + storage + "N))tR"),
              says("is not made of storage"));
  EXPECT_THAT(refusal(rebuild + "(" + storage + Int(0) + "N)tR"),
              says("its shape or strides are no tuple"));
  EXPECT_THAT(refusal(rebuild + "(" + storage + Int(0) + "N\x85)tR"),
              says("its shape or strides are no integers"));
  EXPECT_THAT(refusal(rebuild + "(" + storage + Int(0) + "))\x89}}" +
                      Text("neg") + "\x88stR"),
              says("is negated or conjugated"));
}

TEST(ParseTorchCheckpoint, EntriesAreNamedTensors) {
  const std::string call = TensorCall("0", 2, 0, {2}, {1});
  EXPECT_THAT(Refusal(Dict({})), StatusIs(kInvalid, HasSubstr("is empty")));
  EXPECT_THAT(Refusal("N."), StatusIs(kInvalid, HasSubstr("no state dict")));
  EXPECT_THAT(Refusal("}N" + call + "s."),
              StatusIs(kInvalid, HasSubstr("whose name is no text")));
  EXPECT_THAT(Refusal(Dict({{"w", call}, {"w", call}})),
              StatusIs(kInvalid, HasSubstr("tensor 'w': is there twice")));
  EXPECT_THAT(Refusal(Dict({{"model", call}})), IsOk());  // a tensor's name
  const std::string parameter = Name("torch.nn.parameter", "Parameter");
  for (const std::string& nothing :
       {std::string("N"), parameter + ")R", parameter + ")RNb",
        parameter + "N\x85R", Name("collections", "OrderedDict") + ")R"}) {
    EXPECT_THAT(Refusal(Dict({{"w", nothing}})),
                StatusIs(kInvalid, HasSubstr("tensor 'w': is no tensor")));
  }
}

TEST(ParseTorchCheckpoint, OrderedDictsOfPython2) {
  const std::string pair =
      "](" + Text("module.w") + TensorCall("0", 2, 0, {2}, {1}) + "e";
  const std::string dict = Name("collections", "OrderedDict");
  const auto file = ParseTorchCheckpoint(
      TorchLegacy(dict + "](" + pair + "e\x85R.", {{"0", 2, "12345678"}}), "f");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->Find("w")->bytes, "12345678");
  EXPECT_THAT(Refusal(dict + "](" + pair + "e]\x86R."),
              StatusIs(kInvalid, HasSubstr("several arguments")));
  EXPECT_THAT(Refusal(dict + "](N)e\x85R."),
              StatusIs(kInvalid, HasSubstr("of no pairs")));
}

// Many names of one large tensor would be copied, or read, many times.
TEST(ParseTorchCheckpoint, TensorsTogetherAreBoundedByTheFile) {
  constexpr int64_t kCount = 1 << 14;
  const std::string bytes(kCount * sizeof(float), '\0');
  const auto read = [&](int tensors) {
    std::vector<std::pair<std::string, std::string>> items;
    for (int i = 0; i < tensors; ++i) {
      items.emplace_back(std::to_string(i),
                         TensorCall("0", kCount, 0, {128, 128}, {1, 128}));
    }
    return ParseTorchCheckpoint(
        TorchLegacy(Dict(items), {{"0", kCount, bytes}}), "f");
  };
  EXPECT_THAT(read(4), IsOk());
  EXPECT_THAT(read(100),
              StatusIs(kInvalid, HasSubstr("at four times its size")));
}

// Every tensor of a damaged file that is read can be used; a refusal is one
// line that names the file.
void ExpectReadOrRefused(const std::string& bytes) {
  const absl::StatusOr<SafetensorsFile> file = ParseTorchCheckpoint(bytes, "f");
  if (!file.ok()) {
    EXPECT_THAT(file, StatusIs(kInvalid,
                               AllOf(StartsWith("f: "), Not(HasSubstr("\n")))));
    return;
  }
  for (const auto& [name, entry] : file->entries()) {
    int64_t count = 1;
    for (const int64_t dim : entry.shape) count *= dim;
    const auto values = file->ReadDoubles(name);
    ASSERT_THAT(values, IsOk());
    EXPECT_EQ(static_cast<int64_t>(values->size()), count);
  }
}

TEST(ParseTorchCheckpoint, DamagedFilesAreReadOrRefused) {
  for (const char* name :
       {"zip.pth", "legacy.pth", "before_0_4.pth", "nested_state_dict.pth"}) {
    const std::string whole = Bytes(name);
    for (size_t length = 0; length < whole.size(); ++length) {
      EXPECT_THAT(ParseTorchCheckpoint(whole.substr(0, length), "f"),
                  StatusIs(kInvalid, StartsWith("f: ")));
    }
    for (int round = 0; round < 2000; ++round) {
      Rng rng = Rng(11).Stream(round);
      std::string damaged = whole;
      for (int64_t i = rng.Below(4); i >= 0; --i) {
        damaged[rng.Below(whole.size())] = static_cast<char>(rng.Below(256));
      }
      ExpectReadOrRefused(damaged);
    }
  }
}

}  // namespace
}  // namespace rtfq
