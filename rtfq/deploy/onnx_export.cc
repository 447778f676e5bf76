#include "rtfq/deploy/onnx_export.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/core/tensor.h"
#include "rtfq/deploy/onnx_builder.h"
#include "rtfq/deploy/onnx_metadata.h"

namespace rtfq {
namespace {

// Whole numbers up to here are floats.
constexpr int64_t kExactFloats = int64_t{1} << 24;

// Weight codes and what becomes of their sums.
struct Product {
  std::string name;
  TensorOf<int8_t> codes;         // [O,I,K,K]
  View<const float> scale, bias;  // [O]
  int64_t stride = 1;
  int64_t padding = 0;
  CodeRange input;
};

bool AllFinite(View<const float> values) {
  return std::all_of(values.span().begin(), values.span().end(),
                     [](float v) { return std::isfinite(v); });
}

// Whether the largest sum of a row's products, signs aside, is a float.
bool SumsAreExact(const Product& product) {
  const int64_t most = std::max(-product.input.min, product.input.max);
  const int64_t rows = product.codes.shape()[0];
  const int64_t row = product.codes.count() / rows;
  for (int64_t o = 0; o < rows; ++o) {
    int64_t sum = 0;
    for (const int8_t w : product.codes.span().subspan(o * row, row)) {
      sum += std::abs(int64_t{w}) * most;
    }
    if (sum > kExactFloats) return false;
  }
  return true;
}

class Exporter {
 public:
  Exporter(const Bundle& bundle, const BundleSubnet& subnet, OnnxStyle style)
      : bundle_(bundle), subnet_(subnet), style_(style), out_(subnet.name()) {}

  absl::StatusOr<OnnxModel> Export();

 private:
  const BundleGraph& graph() const { return bundle_.header().graph(); }
  // Of the input of convolution `index`: the stem's are signed.
  CodeRange RangeOf(int index) const;

  Product ProductOf(int index) const;
  // x -> the codes convolution `index` reads.
  std::string Codes(const std::string& x, int index);
  std::string Codes(const std::string& x, const std::string& name, float step,
                    CodeRange range);
  // Cuts at the range's ends, times `unit`.
  std::string Clip(const std::string& x, const std::string& name,
                   CodeRange range, float unit);
  std::string Weights(const Product& product);
  // codes -> y
  absl::StatusOr<std::string> Convolve(const std::string& codes,
                                       const Product& product);
  absl::StatusOr<std::string> Convolve(const std::string& codes, int index);

  absl::StatusOr<std::string> Stem(const std::string& images);
  absl::StatusOr<std::string> Block(const std::string& x, int index);
  std::string AveragePool(const std::string& x);
  absl::StatusOr<std::string> Classifier(const std::string& features);

  const Bundle& bundle_;
  const BundleSubnet& subnet_;
  const OnnxStyle style_;
  OnnxBuilder out_;
  // Initializers shared by all quantizers.
  std::string one_, zero_, unsigned_zero_;
  bool exact_sums_ = true;
};

CodeRange Exporter::RangeOf(int index) const {
  if (index == 0) return CodesOf(BitWidth::k8, Sign::kSigned);
  return CodesOf(static_cast<BitWidth>(subnet_.bits()), Sign::kUnsigned);
}

Product Exporter::ProductOf(int index) const {
  const auto& conv = graph().convolutions(index);
  return {.name = conv.name(),
          .codes = bundle_.ConvCodes(subnet_, index),
          .scale = bundle_.Scales(subnet_, index),
          .bias = bundle_.Biases(subnet_, index),
          .stride = conv.stride(),
          .padding = conv.padding(),
          .input = RangeOf(index)};
}

std::string Exporter::Codes(const std::string& x, int index) {
  return Codes(x, graph().convolutions(index).name(),
               subnet_.input_steps(index), RangeOf(index));
}

std::string Exporter::Clip(const std::string& x, const std::string& name,
                           CodeRange range, float unit) {
  return out_.Node(
      "Clip",
      {x, out_.Float(name + ".input_min", static_cast<float>(range.min) * unit),
       out_.Float(name + ".input_max", static_cast<float>(range.max) * unit)},
      name + ".input_clipped");
}

std::string Exporter::Codes(const std::string& x, const std::string& name,
                            float step, CodeRange range) {
  const std::string step_name = out_.Float(name + ".input_step", step);
  if (style_ == OnnxStyle::kFloat) {
    const std::string ratio =
        out_.Node("Div", {x, step_name}, name + ".input_ratio");
    return out_.Node("Round", {Clip(ratio, name, range, 1)},
                     name + ".input_codes");
  }
  // QuantizeLinear cuts at 8 bits by itself. For fewer, the limit's quotient by
  // the step rounds to the limit's code, so cutting before the division cuts
  // the codes.
  const bool is_byte = range.max - range.min == 255;
  const std::string cut = is_byte ? x : Clip(x, name, range, step);
  const std::string& zero = range.min < 0 ? zero_ : unsigned_zero_;
  const std::string codes = out_.Node("QuantizeLinear", {cut, step_name, zero},
                                      name + ".input_codes");
  return out_.Node("DequantizeLinear", {codes, one_, zero}, name + ".input");
}

std::string Exporter::Weights(const Product& product) {
  const Shape& shape = product.codes.shape();
  const OnnxBuilder::Dims dims = {shape[0], shape[1], shape[2], shape[3]};
  const std::span<const int8_t> codes = product.codes.span();
  const std::string name = product.name + ".weight_codes";
  if (style_ == OnnxStyle::kFloat) {
    return out_.Floats(name, dims,
                       std::vector<float>(codes.begin(), codes.end()));
  }
  return out_.Node("DequantizeLinear",
                   {out_.Bytes(name, dims, codes), one_, zero_},
                   product.name + ".weight");
}

absl::StatusOr<std::string> Exporter::Convolve(const std::string& codes,
                                               const Product& product) {
  const std::string& name = product.name;
  if (!AllFinite(product.scale) || !AllFinite(product.bias)) {
    return absl::DataLossError(
        absl::StrCat(bundle_.path(), ": ", subnet_.name(), ", ", name,
                     ": scales or biases are not all finite"));
  }
  exact_sums_ = exact_sums_ && SumsAreExact(product);
  const int64_t kernel = product.codes.shape()[2];
  const int64_t p = product.padding;
  const std::string sums =
      out_.Node("Conv", {codes, Weights(product)}, name + ".sums",
                {OnnxInts("kernel_shape", {kernel, kernel}),
                 OnnxInts("pads", {p, p, p, p}),
                 OnnxInts("strides", {product.stride, product.stride})});
  const OnnxBuilder::Dims channels = {product.codes.shape()[0], 1, 1};
  // The scale comes first: a Conv whose Mul has its constant second is where
  // ONNX Runtime folds it into f32 weights, which rounds them.
  const std::string scaled = out_.Node(
      "Mul",
      {out_.Floats(name + ".scale", channels, product.scale.span()), sums},
      name + ".scaled");
  return out_.Node(
      "Add",
      {scaled, out_.Floats(name + ".bias", channels, product.bias.span())},
      name + ".y");
}

absl::StatusOr<std::string> Exporter::Convolve(const std::string& codes,
                                               int index) {
  return Convolve(codes, ProductOf(index));
}

absl::StatusOr<std::string> Exporter::Stem(const std::string& images) {
  RTFQ_ASSIGN_OR_RETURN(const std::string y, Convolve(Codes(images, 0), 0));
  const std::string x = out_.Node("Relu", {y}, "stem.relu");
  if (!graph().max_pool()) return x;
  return out_.Node(
      "MaxPool", {x}, "stem.max_pool",
      {OnnxInts("kernel_shape", {3, 3}), OnnxInts("pads", {1, 1, 1, 1}),
       OnnxInts("strides", {2, 2})});
}

// Between units there is no Relu: unsigned codes are cut at 0.
absl::StatusOr<std::string> Exporter::Block(const std::string& x, int index) {
  const auto& block = graph().blocks(index);
  const std::string codes = Codes(x, block.units(0));
  RTFQ_ASSIGN_OR_RETURN(std::string y, Convolve(codes, block.units(0)));
  for (int i = 1; i < block.units_size(); ++i) {
    const int unit = block.units(i);
    RTFQ_ASSIGN_OR_RETURN(y, Convolve(Codes(y, unit), unit));
  }
  std::string shortcut = x;
  if (block.has_downsample()) {
    RTFQ_ASSIGN_OR_RETURN(shortcut, Convolve(codes, block.downsample()));
  }
  const std::string name = absl::StrCat("block", index);
  return out_.Node("Relu", {out_.Node("Add", {y, shortcut}, name + ".sum")},
                   name + ".relu");
}

std::string Exporter::AveragePool(const std::string& x) {
  if (style_ == OnnxStyle::kFloat) {
    return out_.Node("GlobalAveragePool", {x}, "features");
  }
  // Int8Graph averages in double. A mean in f32 is now and then one rounding
  // off, and its code another one.
  const std::string wide = out_.Node(
      "Cast", {x}, "features.x", {OnnxInt("to", onnx::TensorProto::DOUBLE)});
  const std::string mean =
      out_.Node("ReduceMean", {wide}, "features.mean",
                {OnnxInts("axes", {2, 3}), OnnxInt("keepdims", 1)});
  return out_.Node("Cast", {mean}, "features",
                   {OnnxInt("to", onnx::TensorProto::FLOAT)});
}

// A convolution of one pixel: matrix products between QDQ nodes may be fused
// into integer kernels whose sums saturate on processors without VNNI.
absl::StatusOr<std::string> Exporter::Classifier(const std::string& features) {
  const BundleHeader& header = bundle_.header();
  const TensorOf<int8_t> codes = bundle_.ClassifierCodes(subnet_);
  const int64_t classes = codes.shape()[0];
  const Tensor scale = Tensor::Filled({classes}, header.classifier_scale());
  const CodeRange range = CodesOf(BitWidth::k8, Sign::kUnsigned);
  const Product product = {
      .name = "fc",
      .codes = codes.Reshaped({classes, codes.shape()[1], 1, 1}),
      .scale = scale.view(),
      .bias = bundle_.ClassifierBias(),
      .stride = 1,
      .padding = 0,
      .input = range};
  return Convolve(
      Codes(features, product.name, subnet_.classifier_input_step(), range),
      product);
}

absl::StatusOr<OnnxModel> Exporter::Export() {
  const int64_t side = subnet_.resolution();
  const std::string images = out_.Input("images", {kOnnxBatch, 3, side, side});
  if (style_ == OnnxStyle::kQdq) {
    one_ = out_.Float("one", 1);
    zero_ = out_.Byte("zero", 0);
    unsigned_zero_ = out_.UnsignedByte("unsigned_zero", 0);
  }
  RTFQ_ASSIGN_OR_RETURN(std::string x, Stem(images));
  for (int i = 0; i < graph().blocks_size(); ++i) {
    RTFQ_ASSIGN_OR_RETURN(x, Block(x, i));
  }
  RTFQ_ASSIGN_OR_RETURN(const std::string y, Classifier(AveragePool(x)));
  const std::string logits =
      out_.Node("Flatten", {y}, "logits", {OnnxInt("axis", 1)});
  out_.Output(logits, {kOnnxBatch, bundle_.header().class_names_size()});
  FillOnnxMetadata(bundle_.header(), subnet_,
                   style_ == OnnxStyle::kQdq ? "qdq" : "f32", exact_sums_,
                   out_.model());
  if (out_.model().ByteSizeLong() > std::numeric_limits<int32_t>::max()) {
    return absl::ResourceExhaustedError(
        absl::StrCat(bundle_.path(), ": ", subnet_.name(),
                     " is more than the 2 GiB one ONNX file can hold"));
  }
  return OnnxModel{.bytes = out_.model().SerializeAsString(),
                   .exact_sums = exact_sums_};
}

}  // namespace

absl::StatusOr<OnnxModel> ToOnnx(const Bundle& bundle,
                                 const std::string& subnet, OnnxStyle style) {
  RTFQ_ASSIGN_OR_RETURN(const BundleSubnet* found, bundle.Subnet(subnet));
  RTFQ_RETURN_IF_ERROR(bundle.VerifySubnet(*found));
  return Exporter(bundle, *found, style).Export();
}

}  // namespace rtfq
