#include "rtfq/models/parameter.h"

#include <algorithm>
#include <utility>

#include "rtfq/core/check.h"

namespace rtfq {

Parameter* ParameterStore::Add(std::string name, ParameterKind kind,
                               Tensor value) {
  Tensor gradient;
  if (with_gradients_) gradient = Tensor::Zeros(value.shape());
  parameters_.push_back({.name = std::move(name),
                         .kind = kind,
                         .value = std::move(value),
                         .gradient = std::move(gradient)});
  Parameter* parameter = &parameters_.back();
  RTFQ_CHECK(parameter_by_name_.emplace(parameter->name, parameter).second);
  return parameter;
}

Buffer* ParameterStore::AddBuffer(std::string name, Tensor value) {
  buffers_.push_back({.name = std::move(name), .value = std::move(value)});
  Buffer* buffer = &buffers_.back();
  RTFQ_CHECK(buffer_by_name_.emplace(buffer->name, buffer).second);
  return buffer;
}

Parameter* ParameterStore::Find(std::string_view name) {
  const auto it = parameter_by_name_.find(name);
  return it == parameter_by_name_.end() ? nullptr : it->second;
}

Buffer* ParameterStore::FindBuffer(std::string_view name) {
  const auto it = buffer_by_name_.find(name);
  return it == buffer_by_name_.end() ? nullptr : it->second;
}

void ParameterStore::ZeroGradients() {
  for (Parameter& parameter : parameters_) {
    if (!parameter.touched) continue;
    std::fill(parameter.gradient.span().begin(),
              parameter.gradient.span().end(), 0.0f);
    parameter.touched = false;
  }
}

}  // namespace rtfq
