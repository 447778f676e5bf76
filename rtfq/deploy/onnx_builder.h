// Puts an ONNX graph together, a value at a time.
#ifndef RTFQ_DEPLOY_ONNX_BUILDER_H_
#define RTFQ_DEPLOY_ONNX_BUILDER_H_

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "rtfq/deploy/onnx.pb.h"

namespace rtfq {

// A dimension known only when the model runs: the number of images.
inline constexpr int64_t kOnnxBatch = -1;

onnx::AttributeProto OnnxInt(const std::string& name, int64_t value);
onnx::AttributeProto OnnxInts(const std::string& name,
                              const std::vector<int64_t>& values);

// Every function that adds a value returns the name it has in the graph: the
// one it was given or, where that is taken, one with a number behind it. Nodes
// read such names, so they come out in topological order and no name is there
// twice, whatever a bundle calls its convolutions.
class OnnxBuilder {
 public:
  using Dims = std::vector<int64_t>;  // empty: a scalar

  // Opset 13, the first whose QuantizeLinear knows axes; IR version 7, the one
  // that came with it.
  explicit OnnxBuilder(const std::string& graph_name);

  // Metadata is the caller's to add.
  onnx::ModelProto& model() { return model_; }

  std::string Input(const std::string& name, const Dims& dims);  // f32
  void Output(const std::string& value, const Dims& dims);       // f32

  // Initializers; as many numbers as the dims have elements.
  std::string Floats(const std::string& name, const Dims& dims,
                     std::span<const float> values);
  std::string Float(const std::string& name, float value);
  std::string Bytes(const std::string& name, const Dims& dims,
                    std::span<const int8_t> values);
  std::string Byte(const std::string& name, int8_t value);
  std::string UnsignedByte(const std::string& name, uint8_t value);

  // A node with one output, which gives both their name.
  std::string Node(const std::string& op_type,
                   const std::vector<std::string>& inputs,
                   const std::string& name,
                   const std::vector<onnx::AttributeProto>& attributes = {});

 private:
  std::string Unique(const std::string& name);
  std::string Initializer(const std::string& name, const Dims& dims,
                          onnx::TensorProto::DataType type, const void* data,
                          size_t bytes);

  onnx::ModelProto model_;
  std::set<std::string> names_;
};

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_ONNX_BUILDER_H_
