#include "rtfq/deploy/onnx_builder.h"

#include <bit>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"

namespace rtfq {
namespace {

constexpr int64_t kOpset = 13;
constexpr int64_t kIrVersion = 7;

static_assert(std::endian::native == std::endian::little,
              "raw_data is little-endian");

void FillInfo(const std::string& name, const OnnxBuilder::Dims& dims,
              onnx::ValueInfoProto& info) {
  info.set_name(name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  onnx::TensorShapeProto& shape = *type.mutable_shape();
  for (const int64_t dim : dims) {
    if (dim == kOnnxBatch) {
      shape.add_dim()->set_dim_param("N");
    } else {
      shape.add_dim()->set_dim_value(dim);
    }
  }
}

}  // namespace

onnx::AttributeProto OnnxInt(const std::string& name, int64_t value) {
  onnx::AttributeProto attribute;
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
  return attribute;
}

onnx::AttributeProto OnnxInts(const std::string& name,
                              const std::vector<int64_t>& values) {
  onnx::AttributeProto attribute;
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  attribute.mutable_ints()->Add(values.begin(), values.end());
  return attribute;
}

OnnxBuilder::OnnxBuilder(const std::string& graph_name) {
  model_.set_ir_version(kIrVersion);
  model_.set_producer_name("RTF-Q");
  onnx::OperatorSetIdProto& opset = *model_.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);
  model_.mutable_graph()->set_name(graph_name);
}

std::string OnnxBuilder::Unique(const std::string& name) {
  std::string unique = name;
  for (int i = 2; !names_.insert(unique).second; ++i) {
    unique = absl::StrCat(name, "~", i);
  }
  return unique;
}

std::string OnnxBuilder::Input(const std::string& name, const Dims& dims) {
  std::string unique = Unique(name);
  FillInfo(unique, dims, *model_.mutable_graph()->add_input());
  return unique;
}

void OnnxBuilder::Output(const std::string& value, const Dims& dims) {
  RTFQ_CHECK(names_.count(value) > 0);
  FillInfo(value, dims, *model_.mutable_graph()->add_output());
}

std::string OnnxBuilder::Initializer(const std::string& name, const Dims& dims,
                                     onnx::TensorProto::DataType type,
                                     const void* data, size_t bytes) {
  std::string unique = Unique(name);
  onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
  tensor.set_name(unique);
  tensor.mutable_dims()->Add(dims.begin(), dims.end());
  tensor.set_data_type(type);
  tensor.set_raw_data(data, bytes);
  return unique;
}

std::string OnnxBuilder::Floats(const std::string& name, const Dims& dims,
                                std::span<const float> values) {
  return Initializer(name, dims, onnx::TensorProto::FLOAT, values.data(),
                     values.size_bytes());
}

std::string OnnxBuilder::Float(const std::string& name, float value) {
  return Floats(name, {}, {&value, 1});
}

std::string OnnxBuilder::Bytes(const std::string& name, const Dims& dims,
                               std::span<const int8_t> values) {
  return Initializer(name, dims, onnx::TensorProto::INT8, values.data(),
                     values.size_bytes());
}

std::string OnnxBuilder::Byte(const std::string& name, int8_t value) {
  return Bytes(name, {}, {&value, 1});
}

std::string OnnxBuilder::UnsignedByte(const std::string& name, uint8_t value) {
  return Initializer(name, {}, onnx::TensorProto::UINT8, &value, 1);
}

std::string OnnxBuilder::Node(
    const std::string& op_type, const std::vector<std::string>& inputs,
    const std::string& name,
    const std::vector<onnx::AttributeProto>& attributes) {
  std::string unique = Unique(name);
  onnx::NodeProto& node = *model_.mutable_graph()->add_node();
  node.set_op_type(op_type);
  node.set_name(unique);
  node.add_output(unique);
  for (const std::string& input : inputs) {
    RTFQ_CHECK(names_.count(input) > 0);
    node.add_input(input);
  }
  for (const auto& attribute : attributes) *node.add_attribute() = attribute;
  return unique;
}

}  // namespace rtfq
