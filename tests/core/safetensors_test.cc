#include "rtfq/core/safetensors.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/core/random.h"
#include "tests/core/safetensors_bytes.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;

SafetensorsFile ParseOne(const std::string& dtype, const std::string& shape,
                         const std::string& data) {
  return SafetensorsFile::Parse(
             FileOf("{\"x\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
                        ",\"data_offsets\":[0," + std::to_string(data.size()) +
                        "]}}",
                    data),
             "my.file")
      .value();
}

// A file of every type the writer knows, with values that vary.
std::string SampleFile(uint64_t seed) {
  Rng rng(seed);
  const Tensor weight = Tensor::Uninitialized({3, 2, 2, 2});
  for (float& value : weight.span()) value = static_cast<float>(rng.Normal());
  const auto sums = TensorOf<double>::Filled({2}, rng.Normal());
  const auto state = TensorOf<int64_t>::Filled({4}, rng.Below(1 << 30));
  const auto codes = TensorOf<int8_t>::Filled({5}, -3);
  SafetensorsWriter writer;
  writer.AddF32("layer1.0.conv1.weight", weight);
  writer.AddF64("sums", sums);
  writer.AddI64("state", state);
  writer.AddI8("codes", codes);
  writer.SetMetadata("step", std::to_string(seed));
  return writer.Serialize().value();
}

TEST(SafetensorsFile, RandomTensorsSurviveARoundTrip) {
  for (int round = 0; round < 100; ++round) {
    Rng rng = Rng(21).Stream(round);
    std::vector<std::pair<std::string, Tensor>> tensors;
    SafetensorsWriter writer;
    for (int64_t i = rng.Below(6); i >= 0; --i) {
      std::vector<int64_t> dims(rng.Below(5));
      for (int64_t& dim : dims) dim = rng.Below(4);
      const Tensor tensor = Tensor::Uninitialized(Shape::Of(dims));
      for (float& value : tensor.span()) {
        value = static_cast<float>(rng.Normal());
      }
      tensors.emplace_back("t" + std::to_string(i), tensor);
      writer.AddF32(tensors.back().first, tensors.back().second);
    }
    const SafetensorsFile file =
        SafetensorsFile::Parse(writer.Serialize().value(), "f",
                               {.verify_checksum = true})
            .value();
    EXPECT_EQ(file.entries().size(), tensors.size());
    for (const auto& [name, tensor] : tensors) {
      const Tensor read = file.ReadF32(name).value();
      EXPECT_EQ(read.shape(), tensor.shape());
      EXPECT_TRUE(std::equal(read.span().begin(), read.span().end(),
                             tensor.span().begin()));
    }
  }
}

TEST(SafetensorsFile, ReadsFromDisk) {
  const std::string path = ::testing::TempDir() + "/sample.safetensors";
  ASSERT_TRUE(WriteFileAtomically(path, SampleFile(5)).ok());
  const SafetensorsFile file =
      SafetensorsFile::Read(path, {.verify_checksum = true}).value();
  EXPECT_EQ(file.name(), path);
  EXPECT_EQ(file.metadata().at("step"), "5");
  EXPECT_EQ(file.Find("codes")->shape, std::vector<int64_t>{5});
  EXPECT_EQ(file.Find("nothing"), nullptr);
  EXPECT_EQ(SafetensorsFile::Read(path + "x").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(SafetensorsFile, FloatsOfAllWidthsBecomeF32) {
  // 1.5 and -2 as binary16, bfloat16, binary32 and binary64.
  const std::pair<const char*, std::string> files[] = {
      {"F16", BytesOf<uint16_t>(0x3e00) + BytesOf<uint16_t>(0xc000)},
      {"BF16", BytesOf<uint16_t>(0x3fc0) + BytesOf<uint16_t>(0xc000)},
      {"F32", BytesOf(1.5f) + BytesOf(-2.0f)},
      {"F64", BytesOf(1.5) + BytesOf(-2.0)},
  };
  for (const auto& [dtype, data] : files) {
    const SafetensorsFile file = ParseOne(dtype, "[2]", data);
    const Tensor x = file.ReadF32("x").value();
    EXPECT_EQ(x.shape(), Shape{2}) << dtype;
    EXPECT_EQ(x.data()[0], 1.5f) << dtype;
    EXPECT_EQ(x.data()[1], -2.0f) << dtype;
    EXPECT_EQ(file.ReadDoubles("x").value(), (std::vector<double>{1.5, -2}));
    EXPECT_EQ(file.ReadInts("x").status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(ParseOne("F64", "[]", BytesOf(0.1)).ReadF32("x")->data()[0], 0.1f);
}

TEST(SafetensorsFile, Integers) {
  const SafetensorsFile file =
      ParseOne("I64", "[2]", BytesOf(INT64_MIN) + BytesOf(int64_t{7}));
  EXPECT_EQ(file.ReadInts("x").value(), (std::vector<int64_t>{INT64_MIN, 7}));
  EXPECT_EQ(file.ReadDoubles("x").value(), (std::vector<double>{-0x1p63, 7}));
  EXPECT_THAT(file.ReadF32("x").status().ToString(),
              HasSubstr("my.file: tensor 'x': is I64; want F32"));
  EXPECT_EQ(
      ParseOne("BOOL", "[2]", std::string("\1\0", 2)).ReadInts("x").value(),
      (std::vector<int64_t>{1, 0}));
  EXPECT_THAT(ParseOne("U64", "[1]", BytesOf(UINT64_MAX))
                  .ReadInts("x")
                  .status()
                  .ToString(),
              HasSubstr("element 0 is beyond 2^63 - 1"));
}

TEST(SafetensorsFile, MissingTensorsAndTooManyDimensions) {
  const SafetensorsFile file = ParseOne("U8", "[1,1,1,1,1]", "a");
  for (const absl::Status& status :
       {file.ReadF32("y").status(), file.ReadDoubles("y").status(),
        file.ReadInts("y").status(), file.CopyF32("y", View<float>())}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(status.ToString(), HasSubstr("my.file: has no tensor 'y'"));
  }
  EXPECT_EQ(file.ReadInts("x").value(), std::vector<int64_t>{'a'});
  EXPECT_THAT(
      ParseOne("F32", "[1,1,1,1,1]", "1234").ReadF32("x").status().ToString(),
      HasSubstr("has 5 dimensions; want at most 4"));
}

TEST(SafetensorsFile, CopiesIntoMemoryAtHand) {
  const SafetensorsFile file =
      ParseOne("F32", "[2,1]", BytesOf(3.0f) + BytesOf(4.0f));
  const Tensor whole = Tensor::Zeros({2, 2});
  ASSERT_TRUE(file.CopyF32("x", whole.view().Prefix({2, 1})).ok());
  const float expected[] = {3, 0, 4, 0};
  EXPECT_TRUE(std::equal(expected, expected + 4, whole.data()));
  const Tensor dense = Tensor::Zeros({2, 1});
  ASSERT_TRUE(file.CopyF32("x", dense).ok());
  EXPECT_EQ(dense.data()[1], 4.0f);
  const absl::Status status = file.CopyF32("x", whole);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.ToString(), HasSubstr("has shape [2,1]; want [2,2]"));
  EXPECT_FALSE(
      ParseOne("U8", "[1]", "a").CopyF32("x", Tensor::Zeros({1})).ok());
}

TEST(SafetensorsFile, OutlivesMovesAndCopies) {
  SafetensorsFile first = ParseOne("U8", "[1]", "a");
  const SafetensorsFile copy = first;
  const SafetensorsFile moved = std::move(first);
  EXPECT_EQ(copy.Find("x")->bytes, "a");
  EXPECT_EQ(moved.ReadInts("x").value(), std::vector<int64_t>{'a'});
}

TEST(SafetensorsFile, OtherFormatsAreNamed) {
  EXPECT_THAT(
      SafetensorsFile::Parse("\x1f\x8b\x08", "w.gz").status().ToString(),
      HasSubstr("w.gz: is compressed with gzip; gunzip it first"));
  EXPECT_THAT(SafetensorsFile::Parse("PK\x03\x04....", "w").status().ToString(),
              HasSubstr("zip archive"));
}

TEST(SafetensorsFile, ChecksumIsDemandedOnlyWhenAskedFor) {
  const std::string without = FileOf("{}");
  EXPECT_TRUE(SafetensorsFile::Parse(without, "f").ok());
  const std::string strange[] = {without,
                                 FileOf(R"({"__metadata__":{"sha256":"12"}})"),
                                 FileOf(R"({"__metadata__":{"sha256":""}})"),
                                 FileOf(R"({"__metadata__":{"sha256" : ")" +
                                        std::string(64, '0') + "\"}}")};
  for (const std::string& bytes : strange) {
    EXPECT_TRUE(SafetensorsFile::Parse(bytes, "f").ok());
    EXPECT_EQ(SafetensorsFile::Parse(bytes, "f", {.verify_checksum = true})
                  .status()
                  .code(),
              absl::StatusCode::kDataLoss);
  }
}

// Wherever it is, and whichever bit.
TEST(SafetensorsFile, ChecksumCatchesEveryChangedByte) {
  const std::string good = SampleFile(1);
  int damaged = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (const int mask : {1, 4, 0x20, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ mask);
      const absl::Status status =
          SafetensorsFile::Parse(std::move(bytes), "f",
                                 {.verify_checksum = true})
              .status();
      ASSERT_FALSE(status.ok()) << "byte " << at << " mask " << mask;
      damaged += status.code() == absl::StatusCode::kDataLoss;
    }
  }
  // All of the data section, at least, gets as far as the checksum.
  EXPECT_GE(damaged, 5 * (3 * 2 * 2 * 2 * 4 + 2 * 8 + 4 * 8 + 5));
}

TEST(SafetensorsFile, EveryTruncationAndExtensionIsAnError) {
  const std::string good = SampleFile(2);
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(SafetensorsFile::Parse(good.substr(0, size), "f").ok())
        << size;
  }
  EXPECT_FALSE(SafetensorsFile::Parse(good + "x", "f").ok());
}

// Reads all that a file claims to hold: whatever it is, nothing may crash, and
// an element must not come from outside the file (as the sanitizers see).
void UseAll(const SafetensorsFile& file) {
  for (const auto& [name, entry] : file.entries()) {
    const absl::StatusOr<std::vector<double>> values = file.ReadDoubles(name);
    ASSERT_TRUE(values.ok());
    ASSERT_EQ(static_cast<int64_t>(values->size()), entry.count());
    (void)file.ReadInts(name).status();
    (void)file.ReadF32(name).status();
  }
}

std::string Mutated(std::string bytes, Rng& rng) {
  for (int64_t i = rng.Below(4); i >= 0 && !bytes.empty(); --i) {
    const size_t at = rng.Below(static_cast<int64_t>(bytes.size()));
    switch (rng.Below(5)) {
      case 0:
        bytes[at] = static_cast<char>(rng.Below(256));
        break;
      case 1:
        bytes[at] = "0123456789{}[]\":,- "[rng.Below(19)];
        break;
      case 2:
        bytes.erase(at, 1 + rng.Below(8));
        break;
      case 3:
        bytes.insert(at, bytes.substr(rng.Below(bytes.size()), rng.Below(40)));
        break;
      default:
        bytes.insert(at, 1, static_cast<char>(rng.Below(256)));
    }
  }
  return bytes;
}

TEST(SafetensorsFile, RandomDamageNeverCrashes) {
  const std::string good = SampleFile(3);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    Rng rng = Rng(22).Stream(round);
    std::string bytes = Mutated(good, rng);
    const bool is_changed = bytes != good;
    const absl::StatusOr<SafetensorsFile> file =
        SafetensorsFile::Parse(std::move(bytes), "f");
    if (!file.ok()) {
      ASSERT_THAT(std::string(file.status().message()),
                  ::testing::StartsWith("f: "));
      continue;
    }
    accepted += is_changed;
    UseAll(*file);
  }
  // Changed values or names are still files.
  EXPECT_GT(accepted, 100);
}

// The same for damage within the JSON alone, with its length kept right, so
// that more gets past the first check.
TEST(SafetensorsFile, RandomHeadersNeverCrash) {
  const std::string data(40, 'd');
  const std::string json =
      R"({"__metadata__":{"a":"b"},)"
      R"("x":{"dtype":"F32","shape":[2,1,3],"data_offsets":[0,24]},)"
      R"("y":{"dtype":"U8","shape":[16],"data_offsets":[24,40]}})";
  ASSERT_TRUE(SafetensorsFile::Parse(FileOf(json, data), "f").ok());
  for (int round = 0; round < 20000; ++round) {
    Rng rng = Rng(23).Stream(round);
    const absl::StatusOr<SafetensorsFile> file =
        SafetensorsFile::Parse(FileOf(Mutated(json, rng), data), "f");
    if (file.ok()) UseAll(*file);
  }
}

}  // namespace
}  // namespace rtfq
