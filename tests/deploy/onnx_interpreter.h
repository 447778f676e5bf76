// Runs the ONNX models we write: slow, obvious, and written from the operators'
// specification alone.
#ifndef TESTS_DEPLOY_ONNX_INTERPRETER_H_
#define TESTS_DEPLOY_ONNX_INTERPRETER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rtfq/core/tensor.h"
#include "rtfq/deploy/onnx.pb.h"

namespace rtfq::test {

// Numbers of any type, as doubles that hold them exactly.
struct OnnxValue {
  int32_t type = onnx::TensorProto::UNDEFINED;
  std::vector<int64_t> dims;
  std::vector<double> data;
};

// Node by node. Sums of a Conv or a mean are taken in double, and what a node
// gives is rounded to its type once. An operator or type it does not know is a
// failure of the test, and its value is empty.
class OnnxInterpreter {
 public:
  explicit OnnxInterpreter(onnx::ModelProto model);

  // NHWC, as Int8Graph takes them -> "logits".
  Tensor Run(const Tensor& images);

  // Every value of the last run, by name.
  const std::map<std::string, OnnxValue>& values() const { return values_; }

 private:
  onnx::ModelProto model_;
  std::map<std::string, OnnxValue> values_;
};

}  // namespace rtfq::test

#endif  // TESTS_DEPLOY_ONNX_INTERPRETER_H_
