#include "tests/deploy/onnx_interpreter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

#include "gtest/gtest.h"

namespace rtfq::test {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;
using Inputs = std::vector<const OnnxValue*>;

int64_t CountOf(const std::vector<int64_t>& dims) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  return count;
}

std::vector<int64_t> Ints(const NodeProto& node, const std::string& name) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() != name) continue;
    if (attribute.type() == onnx::AttributeProto::INT) return {attribute.i()};
    return {attribute.ints().begin(), attribute.ints().end()};
  }
  ADD_FAILURE() << node.name() << " has no attribute " << name;
  return {0, 0, 0, 0};
}

template <typename T>
void ReadRaw(const std::string& raw, std::vector<double>& data) {
  for (size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, raw.data() + at, sizeof(T));
    data.push_back(static_cast<double>(value));
  }
}

OnnxValue ValueOf(const TensorProto& tensor) {
  OnnxValue value = {.type = tensor.data_type(),
                     .dims = {tensor.dims().begin(), tensor.dims().end()},
                     .data = {}};
  if (value.type == TensorProto::FLOAT) {
    ReadRaw<float>(tensor.raw_data(), value.data);
  } else if (value.type == TensorProto::INT8) {
    ReadRaw<int8_t>(tensor.raw_data(), value.data);
  } else if (value.type == TensorProto::UINT8) {
    ReadRaw<uint8_t>(tensor.raw_data(), value.data);
  }
  EXPECT_EQ(static_cast<int64_t>(value.data.size()), CountOf(value.dims))
      << tensor.name();
  return value;
}

void RoundToType(OnnxValue& value) {
  if (value.type != TensorProto::FLOAT) return;
  for (double& v : value.data) v = static_cast<float>(v);
}

// Each element of the input of the highest rank with the others' at its place;
// dimensions are counted from the last, and those of 1 are repeated.
OnnxValue Elementwise(
    const Inputs& inputs,
    const std::function<double(const std::vector<double>&)>& function) {
  OnnxValue out = **std::max_element(inputs.begin(), inputs.end(),
                                     [](const auto* a, const auto* b) {
                                       return a->dims.size() < b->dims.size();
                                     });
  const size_t rank = out.dims.size();
  std::vector<double> arguments(inputs.size());
  for (size_t at = 0; at < out.data.size(); ++at) {
    for (size_t k = 0; k < inputs.size(); ++k) {
      const std::vector<int64_t>& dims = inputs[k]->dims;
      int64_t index = 0, stride = 1, rest = static_cast<int64_t>(at);
      for (size_t d = 1; d <= dims.size(); ++d) {
        const int64_t size = out.dims[rank - d];
        const int64_t own = dims[dims.size() - d];
        index += (own == 1 ? 0 : rest % size) * stride;
        stride *= own;
        rest /= size;
      }
      arguments[k] = inputs[k]->data[index];
    }
    out.data[at] = function(arguments);
  }
  return out;
}

OnnxValue Quantize(const Inputs& in) {
  const bool is_signed = in[2]->type == TensorProto::INT8;
  const double low = is_signed ? -128 : 0, high = is_signed ? 127 : 255;
  OnnxValue out = Elementwise(in, [&](const std::vector<double>& a) {
    const double ratio = static_cast<float>(a[0] / a[1]);
    return std::clamp(std::nearbyint(ratio) + a[2], low, high);
  });
  out.type = in[2]->type;
  return out;
}

// Walks the windows of a square kernel: `visit(out, in)` for every pixel within
// x, offsets of one channel's plane, and the tap's index.
struct Windows {
  Windows(const NodeProto& node, const std::vector<int64_t>& dims)
      : kernel(Ints(node, "kernel_shape")[0]),
        stride(Ints(node, "strides")[0]),
        padding(Ints(node, "pads")[0]),
        height(dims[2]),
        width(dims[3]),
        out_height((height + 2 * padding - kernel) / stride + 1),
        out_width((width + 2 * padding - kernel) / stride + 1) {}

  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (int64_t p = 0; p < out_height * out_width; ++p) {
      for (int64_t tap = 0; tap < kernel * kernel; ++tap) {
        const int64_t row = p / out_width * stride + tap / kernel - padding;
        const int64_t column = p % out_width * stride + tap % kernel - padding;
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        visit(p, row * width + column, tap);
      }
    }
  }

  int64_t kernel, stride, padding, height, width, out_height, out_width;
};

OnnxValue Conv(const NodeProto& node, const Inputs& in) {
  const OnnxValue& x = *in[0];
  const OnnxValue& w = *in[1];
  const Windows windows(node, x.dims);
  OnnxValue out = {
      .type = x.type,
      .dims = {x.dims[0], w.dims[0], windows.out_height, windows.out_width},
      .data = {}};
  EXPECT_EQ(x.dims[1], w.dims[1]) << node.name();
  out.data.assign(CountOf(out.dims), 0);
  const int64_t plane = windows.out_height * windows.out_width;
  const int64_t in_plane = windows.height * windows.width;
  const int64_t taps = windows.kernel * windows.kernel;
  for (int64_t n = 0; n < x.dims[0]; ++n) {
    for (int64_t o = 0; o < w.dims[0]; ++o) {
      double* y = out.data.data() + (n * w.dims[0] + o) * plane;
      for (int64_t i = 0; i < w.dims[1]; ++i) {
        const double* a = x.data.data() + (n * x.dims[1] + i) * in_plane;
        const double* b = w.data.data() + (o * w.dims[1] + i) * taps;
        windows.ForEach([&](int64_t p, int64_t pixel, int64_t tap) {
          y[p] += a[pixel] * b[tap];
        });
      }
    }
  }
  return out;
}

OnnxValue MaxPool(const NodeProto& node, const Inputs& in) {
  const OnnxValue& x = *in[0];
  const Windows windows(node, x.dims);
  OnnxValue out = {
      .type = x.type,
      .dims = {x.dims[0], x.dims[1], windows.out_height, windows.out_width},
      .data = {}};
  out.data.assign(CountOf(out.dims), -std::numeric_limits<double>::infinity());
  const int64_t plane = windows.out_height * windows.out_width;
  for (int64_t c = 0; c < x.dims[0] * x.dims[1]; ++c) {
    windows.ForEach([&](int64_t p, int64_t pixel, int64_t) {
      double& y = out.data[c * plane + p];
      y = std::max(y, x.data[c * windows.height * windows.width + pixel]);
    });
  }
  return out;
}

// Over the last two of four dimensions, which stay as 1.
OnnxValue Mean(const OnnxValue& x) {
  OnnxValue out = {
      .type = x.type, .dims = {x.dims[0], x.dims[1], 1, 1}, .data = {}};
  const int64_t pixels = x.dims[2] * x.dims[3];
  for (int64_t c = 0; c < x.dims[0] * x.dims[1]; ++c) {
    double sum = 0;
    for (int64_t p = 0; p < pixels; ++p) sum += x.data[c * pixels + p];
    out.data.push_back(sum / static_cast<double>(pixels));
  }
  return out;
}

OnnxValue Cast(const NodeProto& node, const OnnxValue& x) {
  OnnxValue out = x;
  out.type = static_cast<int32_t>(Ints(node, "to")[0]);
  return out;
}

OnnxValue Flatten(const NodeProto& node, const OnnxValue& x) {
  EXPECT_EQ(Ints(node, "axis")[0], 1);
  OnnxValue out = x;
  out.dims = {x.dims[0], CountOf(x.dims) / x.dims[0]};
  return out;
}

OnnxValue Compute(const NodeProto& node, const Inputs& in) {
  using A = const std::vector<double>&;
  const std::string& op = node.op_type();
  if (op == "Conv") return Conv(node, in);
  if (op == "MaxPool") return MaxPool(node, in);
  if (op == "GlobalAveragePool") return Mean(*in[0]);
  if (op == "ReduceMean") {
    EXPECT_EQ(Ints(node, "axes"), std::vector<int64_t>({2, 3}));
    EXPECT_EQ(Ints(node, "keepdims")[0], 1);
    return Mean(*in[0]);
  }
  if (op == "Cast") return Cast(node, *in[0]);
  if (op == "Flatten") return Flatten(node, *in[0]);
  if (op == "QuantizeLinear") return Quantize(in);
  if (op == "DequantizeLinear") {
    OnnxValue out = Elementwise(in, [](A a) { return (a[0] - a[2]) * a[1]; });
    EXPECT_EQ(in[0]->type, in[2]->type) << node.name();
    out.type = TensorProto::FLOAT;
    return out;
  }
  if (op == "Mul") return Elementwise(in, [](A a) { return a[0] * a[1]; });
  if (op == "Add") return Elementwise(in, [](A a) { return a[0] + a[1]; });
  if (op == "Div") return Elementwise(in, [](A a) { return a[0] / a[1]; });
  if (op == "Relu") {
    return Elementwise(in, [](A a) { return std::max(a[0], 0.0); });
  }
  if (op == "Round") {
    return Elementwise(in, [](A a) { return std::nearbyint(a[0]); });
  }
  if (op == "Clip") {
    return Elementwise(
        in, [](A a) { return std::min(std::max(a[0], a[1]), a[2]); });
  }
  ADD_FAILURE() << node.name() << " is a " << op;
  return {};
}

}  // namespace

OnnxInterpreter::OnnxInterpreter(onnx::ModelProto model)
    : model_(std::move(model)) {}

Tensor OnnxInterpreter::Run(const Tensor& images) {
  values_.clear();
  const Shape& s = images.shape();
  OnnxValue x = {
      .type = TensorProto::FLOAT, .dims = {s[0], s[3], s[1], s[2]}, .data = {}};
  for (int64_t n = 0; n < s[0]; ++n) {
    for (int64_t c = 0; c < s[3]; ++c) {
      for (int64_t p = 0; p < s[1] * s[2]; ++p) {
        x.data.push_back(images.data()[(n * s[1] * s[2] + p) * s[3] + c]);
      }
    }
  }
  values_["images"] = std::move(x);
  for (const TensorProto& tensor : model_.graph().initializer()) {
    values_[tensor.name()] = ValueOf(tensor);
  }
  for (const NodeProto& node : model_.graph().node()) {
    Inputs inputs;
    for (const std::string& input : node.input()) {
      inputs.push_back(&values_.at(input));
    }
    OnnxValue value = Compute(node, inputs);
    RoundToType(value);
    values_[node.output(0)] = std::move(value);
  }
  const OnnxValue& logits = values_.at("logits");
  Tensor out = Tensor::Uninitialized(Shape::Of(logits.dims));
  std::copy(logits.data.begin(), logits.data.end(), out.data());
  return out;
}

}  // namespace rtfq::test
