#include "rtfq/core/safetensors_writer.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/core/random.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/core/sha256.h"

namespace rtfq {
namespace {

TEST(SafetensorsWriter, BytesAreThoseOfTheFormat) {
  const Tensor x = Tensor::Filled({1}, 1.0f);
  const TensorOf<uint8_t> y = TensorOf<uint8_t>::Filled({2}, 'y');
  SafetensorsWriter writer;
  writer.AddU8("y", y);
  writer.AddF32("x", x);
  writer.SetMetadata("step", "7");
  const std::string file = writer.Serialize().value();
  const size_t at = file.find("\"sha256\":\"") + 10;
  std::string without = file;
  std::fill_n(without.begin() + at, 64, '0');
  // 223 characters, padded to 224.
  const std::string json =
      "{\"__metadata__\":{\"sha256\":\"" + std::string(64, '0') +
      "\",\"step\":\"7\"},"
      "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[4,6]}}";
  const size_t padded = (json.size() + 7) / 8 * 8;
  ASSERT_LT(padded, 256u);
  EXPECT_EQ(without, std::string(1, static_cast<char>(padded)) +
                         std::string(7, '\0') + json +
                         std::string(padded - json.size(), ' ') +
                         std::string("\0\0\x80\x3f", 4) + "yy");
  EXPECT_EQ(file.substr(at, 64), Sha256Hex(without));
}

// All types, in the order of `names`.
std::string Written(const std::vector<std::string>& names) {
  const auto f64 = TensorOf<double>::Filled({3}, 0.1);
  const auto i64 = TensorOf<int64_t>::Filled({1}, -5);
  const auto f32 = Tensor::Filled({2, 1, 2}, -0.5f);
  const auto i32 = TensorOf<int32_t>::Filled({}, 1 << 30);
  const auto i8 = TensorOf<int8_t>::Filled({5}, -128);
  const auto u8 = TensorOf<uint8_t>::Filled({0}, 1);
  SafetensorsWriter writer;
  for (const std::string& name : names) {
    if (name == "f64") writer.AddF64(name, f64);
    if (name == "i64") writer.AddI64(name, i64);
    if (name == "f32") writer.AddF32(name, f32);
    if (name == "i32") writer.AddI32(name, i32);
    if (name == "i8") writer.AddI8(name, i8);
    if (name == "u8") writer.AddU8(name, u8);
    writer.SetMetadata(name, "is there");
  }
  return writer.Serialize().value();
}

TEST(SafetensorsWriter, OrderOfCallsDoesNotMatter) {
  std::vector<std::string> names = {"f32", "f64", "i32", "i64", "i8", "u8"};
  const std::string expected = Written(names);
  for (int i = 0; i < 50 && std::next_permutation(names.begin(), names.end());
       ++i) {
    EXPECT_EQ(Written(names), expected);
  }
}

TEST(SafetensorsWriter, EveryTensorIsAligned) {
  const std::string bytes = Written({"f32", "f64", "i32", "i64", "i8", "u8"});
  const SafetensorsFile file = SafetensorsFile::Parse(bytes, "f").value();
  const char* begin = file.Find("f64")->bytes.data();
  begin = std::min(begin, file.Find("i64")->bytes.data());
  for (const auto& [name, entry] : file.entries()) {
    EXPECT_EQ((entry.bytes.data() - begin) % SizeOf(entry.dtype), 0) << name;
  }
  uint64_t header = 0;
  std::copy_n(bytes.data(), 8, reinterpret_cast<char*>(&header));
  EXPECT_EQ(header % 8, 0u);
}

TEST(SafetensorsWriter, TextOfAllKindsSurvives) {
  const Tensor x = Tensor::Filled({1}, 1.0f);
  const std::string odd = "quote \" back \\ line \n nul \x01 \u00e9 \U0001f600";
  SafetensorsWriter writer;
  writer.AddF32(odd, x);
  writer.AddF32("", x);
  writer.SetMetadata(odd, odd);
  writer.SetMetadata("tricky", "\"sha256\":\"" + std::string(64, '1') + "\"");
  writer.SetMetadata("twice", "old");
  writer.SetMetadata("twice", "new");
  const SafetensorsFile file =
      SafetensorsFile::Parse(writer.Serialize().value(), "f",
                             {.verify_checksum = true})
          .value();
  EXPECT_NE(file.Find(odd), nullptr);
  EXPECT_NE(file.Find(""), nullptr);
  EXPECT_EQ(file.metadata().at(odd), odd);
  EXPECT_EQ(file.metadata().at("twice"), "new");
}

TEST(SafetensorsWriter, TextThatIsNotUtf8IsRefused) {
  const std::string path = ::testing::TempDir() + "/not_utf8.safetensors";
  const Tensor x = Tensor::Filled({1}, 1.0f);
  SafetensorsWriter name;
  name.AddF32("bad\xff", x);
  EXPECT_EQ(name.WriteAtomically(path).code(),
            absl::StatusCode::kInvalidArgument);
  SafetensorsWriter value;
  value.SetMetadata("class", "caf\xe9");
  const absl::Status status = value.WriteAtomically(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.ToString().find(path), std::string::npos);
  EXPECT_NE(status.ToString().find("caf"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(SafetensorsWriter, WritesTheSerializedBytes) {
  const std::string path = ::testing::TempDir() + "/written.safetensors";
  const Tensor x = Tensor::Filled({300, 7}, 0.25f);
  SafetensorsWriter writer;
  writer.AddF32("x", x);
  ASSERT_TRUE(writer.WriteAtomically(path).ok());
  EXPECT_EQ(ReadFile(path).value(), writer.Serialize().value());
}

TEST(SafetensorsWriter, ViewsWithGapsAreCopiedAtOnceDenseOnesLater) {
  const Tensor x = Tensor::Filled({2, 2}, 1.0f);
  SafetensorsWriter writer;
  writer.AddF32("column", x.view().Prefix({2, 1}));
  writer.AddF32("all", x);
  std::fill_n(x.data(), 4, 2.0f);
  const SafetensorsFile file =
      SafetensorsFile::Parse(writer.Serialize().value(), "f").value();
  EXPECT_EQ(file.ReadDoubles("column").value(), (std::vector<double>{1, 1}));
  EXPECT_EQ(file.ReadDoubles("all").value(), (std::vector<double>{2, 2, 2, 2}));
}

TEST(SafetensorsWriterDeathTest, NamesAreTakenOnce) {
  const Tensor x = Tensor::Filled({1}, 1.0f);
  SafetensorsWriter writer;
  writer.AddF32("x", x);
  EXPECT_DEATH(writer.AddF32("x", x), "is_new");
  EXPECT_DEATH(writer.AddF32("__metadata__", x), "__metadata__");
  EXPECT_DEATH(writer.SetMetadata("sha256", "x"), "kSafetensorsChecksumKey");
}

}  // namespace
}  // namespace rtfq
