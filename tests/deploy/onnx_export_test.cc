#include "rtfq/deploy/onnx_export.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/deploy/int8_graph.h"
#include "tests/deploy/onnx_interpreter.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::HasBitsOf;
using test::OnnxInterpreter;
using test::SmallSupernet;
using test::SmallSupernetOptions;
using ::testing::HasSubstr;

constexpr OnnxStyle kStyles[] = {OnnxStyle::kQdq, OnnxStyle::kFloat};

// A bundle in memory that keeps its bytes.
std::shared_ptr<const Bundle> OpenBytes(const std::string& bytes) {
  auto kept = std::make_shared<const std::string>(bytes);
  auto bundle = Bundle::FromBytes(*kept, "test.rtfq");
  EXPECT_TRUE(bundle.ok()) << bundle.status();
  return std::shared_ptr<const Bundle>(bundle->release(),
                                       [kept](const Bundle* b) { delete b; });
}

onnx::ModelProto Parsed(const OnnxModel& model) {
  onnx::ModelProto parsed;
  EXPECT_TRUE(parsed.ParseFromString(model.bytes));
  return parsed;
}

onnx::ModelProto Exported(const Bundle& bundle, const std::string& subnet,
                          OnnxStyle style) {
  const auto model = ToOnnx(bundle, subnet, style);
  EXPECT_TRUE(model.ok()) << model.status();
  return model.ok() ? Parsed(*model) : onnx::ModelProto();
}

std::map<std::string, int> CountOps(const onnx::ModelProto& model) {
  std::map<std::string, int> counts;
  for (const auto& node : model.graph().node()) ++counts[node.op_type()];
  return counts;
}

// What every model must be, by the rules of the format.
void ExpectWellFormed(const onnx::ModelProto& model) {
  ASSERT_EQ(model.opset_import_size(), 1);
  EXPECT_EQ(model.opset_import(0).domain(), "");
  EXPECT_EQ(model.opset_import(0).version(), 13);
  EXPECT_LE(model.ir_version(), 8);
  std::set<std::string> known;
  for (const auto& input : model.graph().input()) {
    EXPECT_TRUE(known.insert(input.name()).second) << input.name();
  }
  for (const auto& tensor : model.graph().initializer()) {
    EXPECT_TRUE(known.insert(tensor.name()).second) << tensor.name();
  }
  for (const auto& node : model.graph().node()) {
    for (const std::string& input : node.input()) {
      EXPECT_EQ(known.count(input), 1u) << node.name() << " reads " << input;
    }
    ASSERT_EQ(node.output_size(), 1);
    EXPECT_TRUE(known.insert(node.output(0)).second) << node.output(0);
  }
  for (const auto& output : model.graph().output()) {
    EXPECT_EQ(known.count(output.name()), 1u) << output.name();
  }
}

std::string ShapeText(const onnx::ValueInfoProto& info) {
  std::string text;
  for (const auto& dim : info.type().tensor_type().shape().dim()) {
    text += (text.empty() ? "" : ",") + (dim.has_dim_param()
                                             ? dim.dim_param()
                                             : std::to_string(dim.dim_value()));
  }
  return text;
}

// Of every subnet and both styles, on whole numbers in exact sums: equal bits.
void ExpectBitsOfInt8Graph(SmallSupernet& small, int64_t batch) {
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  for (const SubnetConfig& subnet : small.net().space().All()) {
    const std::string name = subnet.ToString();
    const auto graph = Int8Graph::Create(small.engine(), bundle, name, batch);
    ASSERT_TRUE(graph.ok()) << graph.status();
    const Tensor images = small.Images(batch, subnet.resolution, 7);
    const Tensor expected = (*graph)->Forward(images);
    for (const OnnxStyle style : kStyles) {
      SCOPED_TRACE(name + (style == OnnxStyle::kQdq ? ", qdq" : ", f32"));
      const onnx::ModelProto model = Exported(*bundle, name, style);
      ExpectWellFormed(model);
      EXPECT_THAT(OnnxInterpreter(model).Run(images), HasBitsOf(expected));
    }
  }
}

TEST(OnnxExport, BottlenecksGiveTheBitsOfInt8Graph) {
  SmallSupernet small;
  ExpectBitsOfInt8Graph(small, 2);
}

TEST(OnnxExport, BasicBlocksGiveTheBitsOfInt8Graph) {
  SmallSupernet small({.bottleneck = false, .bits = {7, 3}});
  ExpectBitsOfInt8Graph(small, 2);
}

TEST(OnnxExport, MaxPoolAndIdentityShortcuts) {
  SmallSupernet small({.family = NetworkConfig::RESNET18, .bits = {6}});
  ExpectBitsOfInt8Graph(small, 1);
}

// A negative scale can neither be a DequantizeLinear's nor, for the code -128,
// be moved into the codes.
TEST(OnnxExport, NegativeAndZeroScales) {
  SmallSupernet small;
  for (Parameter& p : small.net().store().parameters()) {
    const bool gamma = p.kind == ParameterKind::kBatchNormAffine &&
                       absl::EndsWith(p.name, ".weight");
    if (!gamma) continue;
    for (int64_t i = 0; i < p.value.count(); ++i) {
      if (i % 3 == 0) p.value.data()[i] *= -1;
      if (i % 5 == 1) p.value.data()[i] = 0;
    }
  }
  ExpectBitsOfInt8Graph(small, 1);
}

// Inputs far beyond small steps: codes end where their bits do.
TEST(OnnxExport, CodesStayWithinTheirBits) {
  SmallSupernet small;
  for (Parameter& p : small.net().store().parameters()) {
    if (absl::StrContains(p.name, "input_step")) *p.value.data() = 0.013f;
  }
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  for (const std::string name : {"r32-w100-q8", "r32-w100-q6", "r32-w100-q4"}) {
    SCOPED_TRACE(name);
    const onnx::ModelProto model = Exported(*bundle, name, OnnxStyle::kQdq);
    Tensor images = small.Images(1, 32, 3);
    for (float& v : images.span()) v *= 1000;
    OnnxInterpreter interpreter(model);
    interpreter.Run(images);
    const int bits = name.back() - '0';
    for (const auto& node : model.graph().node()) {
      if (node.op_type() != "QuantizeLinear") continue;
      const auto& codes = interpreter.values().at(node.output(0)).data;
      const auto [low, high] = std::minmax_element(codes.begin(), codes.end());
      const bool stem = absl::StartsWith(node.name(), "conv1");
      const bool classifier = absl::StartsWith(node.name(), "fc");
      EXPECT_GE(*low, stem ? -128 : 0) << node.name();
      EXPECT_LE(*high, stem         ? 127
                       : classifier ? 255
                                    : (1 << bits) - 1)
          << node.name();
      if (stem) {
        EXPECT_EQ(*low, -128);
      }
      if (absl::StartsWith(node.name(), "layer1.0.conv1")) {
        EXPECT_EQ(*high, (1 << bits) - 1);
      }
    }
  }
}

TEST(OnnxExport, TheQuantizedStyleHasAPairAtEveryConvolution) {
  SmallSupernet small;
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  const onnx::ModelProto model =
      Exported(*bundle, "r24-w60-q6", OnnxStyle::kQdq);
  EXPECT_EQ(ShapeText(model.graph().input(0)), "N,3,24,24");
  EXPECT_EQ(model.graph().input(0).name(), "images");
  EXPECT_EQ(ShapeText(model.graph().output(0)), "N,5");
  EXPECT_EQ(model.graph().output(0).name(), "logits");
  const auto& graph = bundle->header().graph();
  const int convolutions = graph.convolutions_size() + 1;  // the classifier
  int downsamples = 0;
  for (const auto& block : graph.blocks()) {
    downsamples += block.has_downsample();
  }
  auto ops = CountOps(model);
  EXPECT_EQ(ops["Conv"], convolutions);
  // The shortcut reads the codes of its block's first convolution.
  const int quantizers = convolutions - downsamples;
  EXPECT_GT(downsamples, 0);
  EXPECT_EQ(ops["QuantizeLinear"], quantizers);
  EXPECT_EQ(ops["DequantizeLinear"], quantizers + convolutions);
  // Stem and classifier read 8 bits, which need no cutting.
  EXPECT_EQ(ops["Clip"], quantizers - 2);
  // Codes, scale and bias; step; two limits; one and two zeros.
  EXPECT_EQ(model.graph().initializer_size(),
            3 * convolutions + quantizers + 2 * (quantizers - 2) + 3);
}

TEST(OnnxExport, TheFloatStyleIsFloatAlone) {
  SmallSupernet small;
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  const onnx::ModelProto model =
      Exported(*bundle, "r24-w60-q4", OnnxStyle::kFloat);
  auto ops = CountOps(model);
  EXPECT_EQ(ops["QuantizeLinear"] + ops["DequantizeLinear"] + ops["Cast"], 0);
  EXPECT_GT(ops["Round"], 0);
  for (const auto& tensor : model.graph().initializer()) {
    EXPECT_EQ(tensor.data_type(), onnx::TensorProto::FLOAT) << tensor.name();
  }
}

TEST(OnnxExport, SaysWhetherSumsAreExact) {
  SmallSupernet small;
  const auto bundle = OpenBytes(small.Frozen().Serialize());
  // At most 32 * 9 products of 255 * 128 each.
  EXPECT_LT(32 * 9 * 255 * 128, 1 << 24);
  EXPECT_TRUE(ToOnnx(*bundle, "r32-w100-q8", OnnxStyle::kQdq)->exact_sums);
  SmallSupernet wide({.family = NetworkConfig::RESNET18, .bits = {8}});
  for (Parameter& p : wide.net().store().parameters()) {
    // Every code of the last stage becomes the largest: 4608 products of
    // 255 * 127 each.
    if (!absl::StrContains(p.name, "layer4.1.conv2.weight") ||
        absl::StrContains(p.name, "step")) {
      continue;
    }
    for (float& v : p.value.span()) v = 1e6f;
  }
  EXPECT_GT(4608 * 255 * 127, 1 << 24);
  const auto model = ToOnnx(*OpenBytes(wide.Frozen().Serialize()),
                            "r32-w100-q8", OnnxStyle::kQdq);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_FALSE(model->exact_sums);
}

// Names come from a file: two convolutions of one name, and one that is called
// as our own values are.
TEST(OnnxExport, NamesAreUniqueWhateverTheFileSays) {
  SmallSupernet small;
  BundleWriter writer = small.Frozen();
  auto& convolutions = *writer.header().mutable_graph()->mutable_convolutions();
  convolutions[1].set_name(convolutions[2].name());
  convolutions[3].set_name("fc");
  convolutions[4].set_name("");
  const auto bundle = OpenBytes(writer.Serialize());
  const Tensor images = small.Images(1, 32, 1);
  const auto graph = Int8Graph::Create(small.engine(), bundle, "r32-w60-q4", 1);
  ASSERT_TRUE(graph.ok()) << graph.status();
  const onnx::ModelProto model =
      Exported(*bundle, "r32-w60-q4", OnnxStyle::kQdq);
  ExpectWellFormed(model);
  EXPECT_THAT(OnnxInterpreter(model).Run(images),
              HasBitsOf((*graph)->Forward(images)));
}

TEST(OnnxExport, ErrorsSayWhatIsWrong) {
  SmallSupernet small;
  std::string bytes = small.Frozen().Serialize();
  const auto unknown =
      ToOnnx(*OpenBytes(bytes), "r160-w73-q6", OnnxStyle::kQdq);
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(unknown.status().message()),
              HasSubstr("it has r32-w100-q8"));
  bytes.back() ^= 1;  // within the last subnet's scales and biases
  const auto damaged = OpenBytes(bytes);
  const auto& subnets = damaged->header().subnets();
  EXPECT_EQ(
      ToOnnx(*damaged, subnets[subnets.size() - 1].name(), OnnxStyle::kQdq)
          .status()
          .code(),
      absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace rtfq
