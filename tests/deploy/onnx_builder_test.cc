#include "rtfq/deploy/onnx_builder.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;

TEST(OnnxBuilder, WritesThePublicFormat) {
  OnnxBuilder builder("g");
  builder.Output(builder.Node("Relu", {builder.Input("x", {kOnnxBatch, 2})},
                              "y", {OnnxInt("a", 5)}),
                 {3});
  // By hand: a field's tag is its number * 8, and 2 more where a length
  // follows.
  const auto field = [](int number, const std::string& bytes) {
    return std::string(1, static_cast<char>(number * 8 + 2)) +
           std::string(1, static_cast<char>(bytes.size())) + bytes;
  };
  const std::string f32 = std::string("\x08\x01", 2);  // elem_type FLOAT
  const auto info = [&](const std::string& name, const std::string& shape) {
    return field(1, name) + field(2, field(1, f32 + field(2, shape)));
  };
  const std::string attribute =  // name, i, type INT (field 20: two bytes)
      field(1, "a") + std::string("\x18\x05", 2) +
      std::string("\xa0\x01\x02", 3);
  const std::string node = field(1, "x") + field(2, "y") + field(3, "y") +
                           field(4, "Relu") + field(5, attribute);
  const std::string graph =
      field(1, node) + field(2, "g") +
      field(11, info("x", field(1, field(2, "N")) +
                              field(1, std::string("\x08\x02", 2)))) +
      field(12, info("y", field(1, std::string("\x08\x03", 2))));
  EXPECT_EQ(builder.model().SerializeAsString(),
            std::string("\x08\x07", 2) + field(2, "RTF-Q") + field(7, graph) +
                field(8, field(1, "") + std::string("\x10\x0d", 2)));
}

TEST(OnnxBuilder, InitializersKeepTypeShapeAndBytes) {
  OnnxBuilder builder("g");
  const std::vector<int8_t> codes = {-128, 127, 1, 0, -1, 2};
  builder.Bytes("codes", {2, 3}, codes);
  builder.Float("step", 0.5f);
  builder.UnsignedByte("zero", 200);
  const auto& tensors = builder.model().graph().initializer();
  ASSERT_EQ(tensors.size(), 3);
  EXPECT_EQ(tensors[0].data_type(), 3);  // INT8
  EXPECT_THAT(tensors[0].dims(), ElementsAre(2, 3));
  EXPECT_EQ(tensors[0].raw_data(), std::string("\x80\x7f\x01\x00\xff\x02", 6));
  EXPECT_EQ(tensors[1].data_type(), 1);  // FLOAT
  EXPECT_EQ(tensors[1].dims_size(), 0);
  EXPECT_EQ(tensors[1].raw_data(), std::string("\x00\x00\x00\x3f", 4));
  EXPECT_EQ(tensors[2].data_type(), 2);  // UINT8
  EXPECT_EQ(tensors[2].raw_data(), "\xc8");
}

TEST(OnnxBuilder, ATakenNameGetsANumber) {
  OnnxBuilder builder("g");
  EXPECT_EQ(builder.Float("a", 1), "a");
  EXPECT_EQ(builder.Float("a", 2), "a~2");
  EXPECT_EQ(builder.Float("a~3", 2), "a~3");
  EXPECT_EQ(builder.Node("Relu", {"a~2"}, "a"), "a~4");
}

}  // namespace
}  // namespace rtfq
