#include "rtfq/core/safetensors_json.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;

TEST(ParseSafetensorsJson, TensorsAndMetadata) {
  const RawHeader header = ParseSafetensorsJson(
                               R"({"__metadata__":{"a":"1","b\n":"\u00e9"},
              "x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
              "":{"data_offsets":[24,26],"shape":[],"dtype":"I16"}}   )")
                               .value();
  EXPECT_EQ(header.metadata.size(), 2u);
  EXPECT_EQ(header.metadata.at("a"), "1");
  EXPECT_EQ(header.metadata.at("b\n"), "\u00e9");
  EXPECT_EQ(header.tensors.size(), 2u);
  const RawTensor& x = header.tensors.at("x");
  EXPECT_EQ(*x.dtype, DType::kF32);
  EXPECT_EQ(*x.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(*x.offsets, (std::vector<int64_t>{0, 24}));
  EXPECT_TRUE(header.tensors.at("").shape->empty());
  EXPECT_TRUE(ParseSafetensorsJson("{}").value().tensors.empty());
}

struct Bad {
  const char* json;
  const char* message;
};

class BadJson : public ::testing::TestWithParam<Bad> {};

TEST_P(BadJson, IsRefusedByName) {
  const absl::Status status = ParseSafetensorsJson(GetParam().json).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
      << GetParam().json;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
  EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, BadJson,
    ::testing::Values(
        Bad{"", "does not begin with '{'"}, Bad{"[]", "does not begin"},
        Bad{"\"x\"", "does not begin"}, Bad{"\xef\xbb\xbf{}", "does not begin"},
        Bad{" {}", "does not begin"},
        Bad{"{", "header is not JSON at its byte 2"}, Bad{"{}x", "not JSON"},
        Bad{"{}{}", "not JSON"}, Bad{"{\"x\"", "not JSON"},
        Bad{"{\"x\":}", "not JSON"},
        Bad{"{\"x\":{\"dtype\":\"F32\",}}", "not JSON"},
        Bad{"{\"\xff\":1}", "not JSON"}, Bad{"{\"\\ud800\":1}", "not JSON"},
        Bad{"{\"a\nb\":1}", "not JSON"}, Bad{"{/**/}", "not JSON"}));

INSTANTIATE_TEST_SUITE_P(
    Tokens, BadJson,
    ::testing::Values(
        Bad{R"({"x":null})", "tensor 'x': header has null"},
        Bad{R"({"x":true})", "true or false"}, Bad{R"({"x":1})", "a number"},
        Bad{R"({"x":"F32"})", "text"}, Bad{R"({"x":[]})", "a list"},
        Bad{R"({"x":{"dtype":1}})", "a number"},
        Bad{R"({"x":{"dtype":["F32"]}})", "a list"},
        Bad{R"({"x":{"dtype":"F31"}})", "unknown dtype 'F31'; known are BOOL"},
        Bad{R"({"x":{"shape":"2"}})", "text"},
        Bad{R"({"x":{"shape":{}}})", "an object"},
        Bad{R"({"x":{"shape":[[2]]}})", "a list"},
        Bad{R"({"x":{"shape":["2"]}})", "text"},
        Bad{R"({"x":{"shape":[-1]}})", "a negative number"},
        Bad{R"({"x":{"shape":[1.0]}})", "no integer"},
        Bad{R"({"x":{"shape":[1e3]}})", "no integer"},
        Bad{R"({"x":{"shape":[9223372036854775808]}})", "beyond 2^63 - 1"},
        Bad{R"({"x":{"shape":[18446744073709551616]}})", "no integer"},
        Bad{R"({"x":{"data_offsets":null}})", "null"},
        Bad{R"({"__metadata__":[]})", "a list"},
        Bad{R"({"__metadata__":{"a":1}})", "metadata 'a': header has a number"},
        Bad{R"({"__metadata__":{"a":{}}})", "an object"},
        Bad{R"({"__metadata__":{"a":null}})", "null where text belongs"}));

INSTANTIATE_TEST_SUITE_P(
    Fields, BadJson,
    ::testing::Values(
        Bad{R"({"x":{}})", "tensor 'x': dtype is missing"},
        Bad{R"({"x":{"dtype":"F32","data_offsets":[0,0]}})",
            "shape is missing"},
        Bad{R"({"x":{"dtype":"F32","shape":[0]}})", "data_offsets is missing"},
        Bad{R"({"x":{"dtype":"F32","shape":[0],"data_offsets":[0]}})",
            "has 1 numbers; want [begin, end]"},
        Bad{R"({"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0,0]}})",
            "has 3 numbers"},
        Bad{R"({"x":{"dtype":"F32","dtype":"F32"}})", "dtype is there twice"},
        Bad{R"({"x":{"shape":[],"shape":[]}})", "shape is there twice"},
        Bad{R"({"x":{"strides":[1]}})", "unknown field 'strides'"},
        Bad{R"({"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"x":{}})",
            "tensor 'x': is there twice"},
        Bad{R"({"__metadata__":{"a":"1","a":"2"}})",
            "metadata 'a': is there twice"},
        Bad{R"({"__metadata__":{},"__metadata__":{}})", "is there twice"}));

TEST(ParseSafetensorsJson, NulEndsNothing) {
  EXPECT_FALSE(ParseSafetensorsJson(std::string_view("{}\0", 3)).ok());
  EXPECT_FALSE(ParseSafetensorsJson(std::string_view("{\0}", 3)).ok());
}

TEST(ParseSafetensorsJson, DepthAndLengthAreNoProblem) {
  const std::string deep(5'000'000, '[');
  EXPECT_FALSE(ParseSafetensorsJson("{\"x\":" + deep).ok());
  EXPECT_FALSE(ParseSafetensorsJson("{\"x\":{\"shape\":" + deep).ok());
  std::string objects = "{";
  for (int i = 0; i < 100000; ++i) objects += "\"x\":{";
  EXPECT_FALSE(ParseSafetensorsJson(objects).ok());
  std::string ones = "{\"x\":{\"shape\":[1";
  for (int i = 0; i < 1000000; ++i) ones += ",1";
  EXPECT_THAT(ParseSafetensorsJson(ones + "]}}").status().ToString(),
              HasSubstr("more than 32 numbers"));
}

TEST(ParseSafetensorsJson, MessagesStayShort) {
  const std::string name(1'000'000, 'n');
  const absl::Status status =
      ParseSafetensorsJson("{\"" + name + "\":{}}").status();
  EXPECT_LT(status.message().size(), 200u);
  EXPECT_THAT(status.ToString(), HasSubstr("nnn...'"));
}

TEST(QuotedForMessage, EscapesWhatWouldBreakALine) {
  EXPECT_EQ(QuotedForMessage("conv1.weight"), "'conv1.weight'");
  EXPECT_EQ(QuotedForMessage("a\nb\x01"), "'a\\nb\\x01'");
}

}  // namespace
}  // namespace rtfq
