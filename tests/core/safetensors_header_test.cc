#include "rtfq/core/safetensors_header.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/safetensors_bytes.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Tensor(const std::string& name, const std::string& dtype,
                   const std::string& shape, const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

TEST(ParseSafetensorsHeader, EntriesPointIntoTheFile) {
  const std::string json = "{" + Tensor("b", "F32", "[1,2]", "[0,8]") + "," +
                           Tensor("none", "F64", "[3,0]", "[8,8]") + "," +
                           Tensor("a", "U8", "[]", "[8,9]") + "}  ";
  const std::string file = FileOf(json, "abcdefghi");
  const SafetensorsHeader header = ParseSafetensorsHeader(file, "file").value();
  EXPECT_EQ(header.json, json);
  EXPECT_EQ(header.data, "abcdefghi");
  EXPECT_EQ(header.entries.at("b").bytes, "abcdefgh");
  EXPECT_EQ(header.entries.at("b").count(), 2);
  EXPECT_EQ(header.entries.at("none").count(), 0);
  EXPECT_EQ(header.entries.at("a").bytes, "i");
  EXPECT_EQ(header.entries.at("a").bytes.data(), file.data() + file.size() - 1);
}

TEST(ParseSafetensorsHeader, AFileMayHoldNothing) {
  EXPECT_TRUE(ParseSafetensorsHeader(FileOf("{}"), "file").ok());
}

struct Bad {
  std::string file;
  std::string message;
};

class BadFile : public ::testing::TestWithParam<Bad> {};

TEST_P(BadFile, IsRefusedByName) {
  const absl::Status status =
      ParseSafetensorsHeader(GetParam().file, "my.file").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, StartsWith("my.file: "));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Length, BadFile,
    ::testing::Values(
        Bad{"", "0 bytes are too few"}, Bad{"1234567", "7 bytes are too few"},
        Bad{FileWithLength(0, "", ""), "does not begin with '{'"},
        Bad{FileWithLength(3, "{}", ""), "header of 3 bytes, but 2 follow"},
        Bad{FileWithLength(~uint64_t{0}, "{}", ""), "truncated"},
        Bad{FileWithLength(uint64_t{1} << 63, "{}", ""), "truncated"},
        Bad{FileWithLength(1, "{}", ""), "not JSON"},
        Bad{FileOf("{" + std::string(kMaxSafetensorsHeaderBytes, ' ') + "}"),
            "100000000 are the most allowed"}));

INSTANTIATE_TEST_SUITE_P(
    Layout, BadFile,
    ::testing::Values(
        Bad{FileOf("{" + Tensor("x", "U8", "[4]", "[0,4]") + "}", "123"),
            "tensor 'x': data_offsets [0,4] are not within the file's 3"},
        Bad{FileOf("{" + Tensor("x", "U8", "[4]", "[4,0]") + "}", "1234"),
            "not within"},
        Bad{FileOf("{" +
                       Tensor("x", "U8", "[4]",
                              "[9223372036854775803,9223372036854775807]") +
                       "}",
                   "1234"),
            "not within"},
        Bad{FileOf("{" + Tensor("x", "F32", "[2]", "[0,4]") + "}", "1234"),
            "hold 4 bytes, but F32 [2] takes 8"},
        Bad{FileOf("{" + Tensor("x", "F32", "[]", "[0,8]") + "}", "12345678"),
            "hold 8 bytes, but F32 [] takes 4"},
        Bad{FileOf("{" + Tensor("x", "F32", "[0]", "[0,4]") + "}", "1234"),
            "takes 0"},
        Bad{FileOf("{" + Tensor("x", "U8", "[4294967296,4294967296]", "[0,0]") +
                       "}",
                   ""),
            "tensor 'x': shape has more elements"},
        Bad{FileOf("{" + Tensor("x", "F64", "[2305843009213693952]", "[0,0]") +
                       "}",
                   ""),
            "shape has more elements"},
        Bad{FileOf("{" + Tensor("x", "U8", "[2]", "[1,3]") + "}", "123"),
            "tensor 'x': begins at byte 1, leaving a gap"},
        Bad{FileOf("{" + Tensor("x", "U8", "[2]", "[0,2]") + "}", "123"),
            "1 bytes behind the last tensor"},
        Bad{FileOf("{}", "123"), "3 bytes behind the last tensor"}));

INSTANTIATE_TEST_SUITE_P(
    SeveralTensors, BadFile,
    ::testing::Values(
        Bad{FileOf("{" + Tensor("x", "U8", "[2]", "[0,2]") + "," +
                       Tensor("y", "U8", "[2]", "[1,3]") + "}",
                   "123"),
            "tensor 'y': begins at byte 1, inside the tensor before it"},
        Bad{FileOf("{" + Tensor("x", "U8", "[2]", "[0,2]") + "," +
                       Tensor("y", "U8", "[2]", "[0,2]") + "}",
                   "12"),
            "inside the tensor before it"},
        Bad{FileOf("{" + Tensor("x", "U8", "[2]", "[0,2]") + "," +
                       Tensor("y", "U8", "[2]", "[3,5]") + "}",
                   "12345"),
            "tensor 'y': begins at byte 3, leaving a gap"},
        Bad{FileOf("{" + Tensor("x", "U8", "[4]", "[0,4]") + "," +
                       Tensor("y", "U8", "[0]", "[2,2]") + "}",
                   "1234"),
            "tensor 'y': begins at byte 2, inside"}));

}  // namespace
}  // namespace rtfq
