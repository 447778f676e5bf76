// Everything a supernet learns or remembers, by name.
#ifndef RTFQ_MODELS_PARAMETER_H_
#define RTFQ_MODELS_PARAMETER_H_

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "rtfq/core/tensor.h"

namespace rtfq {

enum class ParameterKind { kWeight, kBatchNormAffine, kStep };

// A learned tensor and the gradient of the current step.
struct Parameter {
  std::string name;
  ParameterKind kind = ParameterKind::kWeight;
  Tensor value;
  Tensor gradient;       // shape of value; empty in a store without gradients
  bool touched = false;  // has `gradient` been added to since ZeroGradients()?

  // The gradient to add to; marks it as touched.
  Tensor& Touch() {
    touched = true;
    return gradient;
  }
};

// Remembered, not learned: batch norm's running statistics.
struct Buffer {
  std::string name;
  Tensor value;
};

// The parameters and buffers of one supernet in the order they were added;
// addresses stay valid while the store lives. Names are unique.
class ParameterStore {
 public:
  // A store without gradients serves networks that are never trained: the
  // teacher.
  explicit ParameterStore(bool with_gradients)
      : with_gradients_(with_gradients) {}
  ParameterStore(const ParameterStore&) = delete;
  ParameterStore& operator=(const ParameterStore&) = delete;

  Parameter* Add(std::string name, ParameterKind kind, Tensor value);
  Buffer* AddBuffer(std::string name, Tensor value);

  std::deque<Parameter>& parameters() { return parameters_; }
  const std::deque<Parameter>& parameters() const { return parameters_; }
  std::deque<Buffer>& buffers() { return buffers_; }
  const std::deque<Buffer>& buffers() const { return buffers_; }

  // nullptr when there is none.
  Parameter* Find(std::string_view name);
  Buffer* FindBuffer(std::string_view name);

  // Zeroes the touched gradients.
  void ZeroGradients();

 private:
  const bool with_gradients_;
  std::deque<Parameter> parameters_;
  std::deque<Buffer> buffers_;
  std::map<std::string, Parameter*, std::less<>> parameter_by_name_;
  std::map<std::string, Buffer*, std::less<>> buffer_by_name_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_PARAMETER_H_
