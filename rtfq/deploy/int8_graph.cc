#include "rtfq/deploy/int8_graph.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle_layout.h"
#include "rtfq/ops/codes.h"
#include "rtfq/ops/linear_int8.h"
#include "rtfq/ops/pooling.h"
#include "rtfq/ops/resize_bilinear.h"

namespace rtfq {
namespace {

constexpr int64_t kMaxBatch = 4096;

bool AllFinite(View<const float> values) {
  return std::all_of(values.span().begin(), values.span().end(),
                     [](float v) { return std::isfinite(v); });
}

}  // namespace

absl::Status Int8Graph::CheckBatch(int64_t batch) {
  if (batch >= 1 && batch <= kMaxBatch) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "a batch of ", batch, " images; 1 to ", kMaxBatch, " are possible"));
}

absl::StatusOr<std::unique_ptr<Int8Graph>> Int8Graph::Create(
    const Engine& engine, std::shared_ptr<const Bundle> bundle,
    const std::string& subnet, int64_t batch) {
  RTFQ_ASSIGN_OR_RETURN(const BundleSubnet* found, bundle->Subnet(subnet));
  RTFQ_RETURN_IF_ERROR(CheckBatch(batch));
  auto graph = std::unique_ptr<Int8Graph>(
      new Int8Graph(engine, std::move(bundle), found, batch));
  RTFQ_RETURN_IF_ERROR(graph->Compile());
  return graph;
}

absl::Status Int8Graph::Compile() {
  RTFQ_RETURN_IF_ERROR(bundle_->VerifySubnet(*subnet_));
  const std::vector<int64_t> in = InChannels(graph(), *subnet_);
  convolutions_.reserve(graph().convolutions_size());
  RTFQ_RETURN_IF_ERROR(AddConvolution(0, in[0], subnet_->resolution()));
  int64_t side = convolutions_[0].plan->geometry().out_size();
  if (graph().max_pool()) side = ops::MaxPoolSize(side);
  for (const auto& block : graph().blocks()) {
    const int64_t block_side = side;
    for (const int32_t unit : block.units()) {
      RTFQ_RETURN_IF_ERROR(AddConvolution(unit, in[unit], side));
      side = convolutions_.back().plan->geometry().out_size();
    }
    if (block.has_downsample()) {
      RTFQ_RETURN_IF_ERROR(AddConvolution(block.downsample(),
                                          in[block.downsample()], block_side));
    }
  }
  classifier_codes_ = bundle_->ClassifierCodes(*subnet_);
  if (!AllFinite(bundle_->ClassifierBias())) {
    return absl::DataLossError(absl::StrCat(
        bundle_->path(), ": the classifier's biases are not all finite"));
  }
  return absl::OkStatus();
}

absl::Status Int8Graph::AddConvolution(int index, int64_t in_channels,
                                       int64_t in_size) {
  RTFQ_CHECK(index == static_cast<int>(convolutions_.size()));
  const auto& conv = graph().convolutions(index);
  const ops::Conv2dGeometry geometry = {
      .batch = batch_,
      .in_channels = in_channels,
      .out_channels = subnet_->out_channels(index),
      .in_size = in_size,
      .kernel = conv.kernel(),
      .stride = conv.stride(),
      .padding = conv.padding()};
  const bool stem = index == 0;
  const std::string where =
      absl::StrCat(bundle_->path(), ": ", subnet_->name(), ", ", conv.name());
  absl::StatusOr<std::unique_ptr<ops::Conv2dInt8Plan>> plan =
      ops::Conv2dInt8Plan::Create(
          engine_, geometry,
          stem ? BitWidth::k8 : static_cast<BitWidth>(subnet_->bits()),
          stem ? Sign::kSigned : Sign::kUnsigned);
  RTFQ_RETURN_IF_ERROR(Annotate(plan.status(), where));
  Convolution convolution = {.plan = *std::move(plan),
                             .weights = {},
                             .affine = {bundle_->Scales(*subnet_, index),
                                        bundle_->Biases(*subnet_, index)},
                             .input_step = subnet_->input_steps(index)};
  if (!AllFinite(convolution.affine.scale) ||
      !AllFinite(convolution.affine.bias)) {
    return absl::DataLossError(
        absl::StrCat(where, ": scales or biases are not all finite"));
  }
  convolution.weights =
      convolution.plan->Pack(bundle_->ConvCodes(*subnet_, index));
  convolutions_.push_back(std::move(convolution));
  return absl::OkStatus();
}

Shape Int8Graph::OutputShape(int index) const {
  return convolutions_[index].plan->geometry().y_shape();
}

void Int8Graph::Convolve(int index, const TensorOf<uint8_t>& codes,
                         ops::SumReader reader) const {
  const Convolution& conv = convolutions_[index];
  conv.plan->Forward(codes, conv.weights, reader);
}

Tensor Int8Graph::Affine(int index, const TensorOf<uint8_t>& codes,
                         bool relu) const {
  Tensor y = Tensor::Uninitialized(OutputShape(index));
  Convolve(index, codes, [&](const ops::SumBlock& block) {
    ops::AffineSums(block, convolutions_[index].affine, relu, y);
  });
  return y;
}

TensorOf<uint8_t> Int8Graph::Quantized(const Tensor& x, float step,
                                       BitWidth bits) const {
  auto codes = TensorOf<uint8_t>::Uninitialized(x.shape());
  ops::Quantize(engine_.threads(), x, step, CodesOf(bits, Sign::kUnsigned),
                codes.view());
  return codes;
}

Tensor Int8Graph::AtResolution(const Tensor& images) const {
  const int64_t side = subnet_->resolution();
  if (images.shape()[1] == side) return images;
  Tensor resized = Tensor::Uninitialized({batch_, side, side, 3});
  ops::ResizeAlignCorners(engine_.threads(), images, resized);
  return resized;
}

Tensor Int8Graph::Stem(const Tensor& images) const {
  const ThreadPool& threads = engine_.threads();
  const Convolution& stem = convolutions_[0];
  auto codes = TensorOf<uint8_t>::Uninitialized(images.shape());
  ops::Quantize(
      threads, images, stem.input_step, CodesOf(BitWidth::k8, Sign::kSigned),
      View<int8_t>(reinterpret_cast<int8_t*>(codes.data()), images.shape()));
  const Tensor x = Affine(0, codes, /*relu=*/true);
  if (!graph().max_pool()) return x;
  const Shape in = x.shape();
  Tensor pooled = Tensor::Uninitialized(
      {in[0], ops::MaxPoolSize(in[1]), ops::MaxPoolSize(in[2]), in[3]});
  ops::MaxPool(threads, x, pooled, View<uint8_t>());
  return pooled;
}

Tensor Int8Graph::Block(int index, const Tensor& x,
                        TensorOf<uint8_t>& codes) const {
  const auto& block = graph().blocks(index);
  const CodeRange range =
      CodesOf(static_cast<BitWidth>(subnet_->bits()), Sign::kUnsigned);
  const TensorOf<uint8_t> input = codes;
  for (int i = 0; i + 1 < block.units_size(); ++i) {
    const int unit = block.units(i);
    auto next = TensorOf<uint8_t>::Uninitialized(OutputShape(unit));
    const ops::CodeSink sink = {convolutions_[block.units(i + 1)].input_step,
                                range, next};
    Convolve(unit, codes, [&](const ops::SumBlock& sums) {
      ops::RequantizeSums(sums, convolutions_[unit].affine, sink);
    });
    codes = next;
  }
  const Tensor shortcut = block.has_downsample()
                              ? Affine(block.downsample(), input,
                                       /*relu=*/false)
                              : x;
  const int last = block.units(block.units_size() - 1);
  const Tensor out = shortcut;  // in its place: nobody reads it afterwards
  const bool has_next = index + 1 < graph().blocks_size();
  const TensorOf<uint8_t> last_input = codes;
  ops::CodeSink sink;
  if (has_next) {
    codes = TensorOf<uint8_t>::Uninitialized(out.shape());
    const int next = graph().blocks(index + 1).units(0);
    sink = {convolutions_[next].input_step, range, codes};
  }
  Convolve(last, last_input, [&](const ops::SumBlock& sums) {
    ops::AddReluSums(sums, convolutions_[last].affine, shortcut, out,
                     has_next ? &sink : nullptr);
  });
  return out;
}

Tensor Int8Graph::Forward(const Tensor& images) const {
  const int64_t side = images.shape()[1];
  RTFQ_CHECK(images.shape() == Shape({batch_, side, side, 3}));
  const ThreadPool& threads = engine_.threads();
  Tensor x = Stem(AtResolution(images));
  if (graph().blocks_size() > 0) {
    const int first = graph().blocks(0).units(0);
    TensorOf<uint8_t> codes = Quantized(x, convolutions_[first].input_step,
                                        static_cast<BitWidth>(subnet_->bits()));
    for (int i = 0; i < graph().blocks_size(); ++i) x = Block(i, x, codes);
  }
  Tensor features = Tensor::Uninitialized({batch_, x.shape()[3]});
  ops::GlobalAveragePool(threads, x, features);
  const TensorOf<uint8_t> read =
      Quantized(features, subnet_->classifier_input_step(), BitWidth::k8);
  Tensor logits = Tensor::Uninitialized({batch_, classifier_codes_.shape()[0]});
  ops::LinearInt8(threads, read, classifier_codes_,
                  bundle_->header().classifier_scale(),
                  bundle_->ClassifierBias(), logits);
  return logits;
}

int64_t Int8Graph::packed_bytes() const {
  int64_t bytes = classifier_codes_.count();
  for (const Convolution& conv : convolutions_) bytes += conv.weights.bytes();
  return bytes;
}

std::string Int8Graph::Description() const {
  std::vector<std::string> lines;
  for (size_t i = 0; i < convolutions_.size(); ++i) {
    lines.push_back(
        absl::StrCat(graph().convolutions(static_cast<int>(i)).name(), " ",
                     convolutions_[i].plan->geometry().ToString(), ": ",
                     convolutions_[i].plan->Description()));
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace rtfq
