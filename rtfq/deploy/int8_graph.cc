#include "rtfq/deploy/int8_graph.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/graph_geometries.h"
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

// The largest divisor of `batch` so many images of which fit into the cache
// with the largest of their activations, f32 and codes, or as there are
// threads, which late layers of few pixels would else leave idle.
int64_t ImagesAtOnce(const std::vector<ops::Conv2dGeometry>& of_one_image,
                     int64_t batch, int64_t cache_bytes, int64_t threads) {
  int64_t largest = 1;
  for (const ops::Conv2dGeometry& geometry : of_one_image) {
    largest = std::max(largest, geometry.y_shape().count());
  }
  const int64_t image_bytes = largest * int64_t{sizeof(float) + 1};
  int64_t at_once =
      std::min(batch, std::max(cache_bytes / image_bytes, threads));
  while (batch % at_once != 0) --at_once;
  return at_once;
}

Shape Pooled(const Shape& x) {
  return {x[0], ops::MaxPoolSize(x[1]), ops::MaxPoolSize(x[2]), x[3]};
}

}  // namespace

absl::Status Int8Graph::CheckBatch(int64_t batch) {
  if (batch >= 1 && batch <= kMaxBatch) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "a batch of ", batch, " images; 1 to ", kMaxBatch, " are possible"));
}

absl::StatusOr<std::unique_ptr<Int8Graph>> Int8Graph::Create(
    const Engine& engine, std::shared_ptr<const Bundle> bundle,
    const std::string& subnet, int64_t batch, int64_t cache_bytes) {
  RTFQ_ASSIGN_OR_RETURN(const BundleSubnet* found, bundle->Subnet(subnet));
  RTFQ_RETURN_IF_ERROR(CheckBatch(batch));
  auto graph = std::unique_ptr<Int8Graph>(
      new Int8Graph(engine, std::move(bundle), found, batch));
  RTFQ_RETURN_IF_ERROR(graph->Compile(cache_bytes));
  return graph;
}

absl::Status Int8Graph::Compile(int64_t cache_bytes) {
  RTFQ_RETURN_IF_ERROR(bundle_->VerifySubnet(*subnet_));
  std::vector<ops::Conv2dGeometry> geometries =
      GeometriesOfAnImage(graph(), *subnet_);
  at_once_ = ImagesAtOnce(geometries, batch_, cache_bytes,
                          engine_.threads().num_threads());
  convolutions_.reserve(geometries.size());
  for (ops::Conv2dGeometry& geometry : geometries) {
    geometry.batch = at_once_;
    RTFQ_RETURN_IF_ERROR(AddConvolution(geometry));
  }
  classifier_codes_ = bundle_->ClassifierCodes(*subnet_);
  if (!AllFinite(bundle_->ClassifierBias())) {
    return absl::DataLossError(absl::StrCat(
        bundle_->path(), ": the classifier's biases are not all finite"));
  }
  return absl::OkStatus();
}

absl::Status Int8Graph::AddConvolution(const ops::Conv2dGeometry& geometry) {
  const auto index = static_cast<int>(convolutions_.size());
  const auto& conv = graph().convolutions(index);
  const bool stem = index == 0;
  const BitWidth bits =
      stem ? BitWidth::k8 : static_cast<BitWidth>(subnet_->bits());
  const std::string where =
      absl::StrCat(bundle_->path(), ": ", subnet_->name(), ", ", conv.name());
  absl::StatusOr<std::unique_ptr<ops::Conv2dInt8Plan>> plan =
      ops::Conv2dInt8Plan::Create(engine_, geometry, bits,
                                  stem ? Sign::kSigned : Sign::kUnsigned);
  RTFQ_RETURN_IF_ERROR(Annotate(plan.status(), where));
  Convolution convolution = {
      .plan = *std::move(plan),
      .weights = {},
      .affine = {bundle_->Scales(*subnet_, index),
                 bundle_->Biases(*subnet_, index)},
      .input_step = ops::CodeStep(subnet_->input_steps(index),
                                  CodesOf(bits, Sign::kUnsigned).max)};
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

bool Int8Graph::ReadsCodesAlone(int index) const {
  return index < graph().blocks_size() &&
         graph().blocks(index).has_downsample();
}

const Int8Graph::Convolution& Int8Graph::FirstOf(int index) const {
  return convolutions_[graph().blocks(index).units(0)];
}

Shape Int8Graph::OutputShape(int index) const {
  return convolutions_[index].plan->geometry().y_shape();
}

void Int8Graph::Convolve(int index, const TensorOf<uint8_t>& codes,
                         ops::SumReader reader,
                         View<const float> beside) const {
  const Convolution& conv = convolutions_[index];
  conv.plan->Forward(codes, conv.weights, reader, beside);
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

TensorOf<uint8_t> Int8Graph::ImageCodes(View<const float> images) const {
  const ThreadPool& threads = engine_.threads();
  const Convolution& stem = convolutions_[0];
  const Shape shape = stem.plan->geometry().x_shape();
  Tensor resized;
  if (images.shape() != shape) {
    resized = Tensor::Uninitialized(shape);
    ops::ResizeAlignCorners(threads, images, resized);
    images = resized;
  }
  auto codes = TensorOf<uint8_t>::Uninitialized(shape);
  ops::Quantize(threads, images, stem.input_step.step,
                CodesOf(BitWidth::k8, Sign::kSigned),
                View<int8_t>(reinterpret_cast<int8_t*>(codes.data()), shape));
  return codes;
}

Tensor Int8Graph::Stem(View<const float> images) const {
  const Tensor x = Affine(0, ImageCodes(images), /*relu=*/true);
  if (!graph().max_pool()) return x;
  Tensor pooled = Tensor::Uninitialized(Pooled(x.shape()));
  ops::MaxPool(engine_.threads(), x, pooled, View<uint8_t>());
  return pooled;
}

TensorOf<uint8_t> Int8Graph::StemCodes(View<const float> images,
                                       const ops::CodeStep& step) const {
  auto codes = TensorOf<uint8_t>::Uninitialized(OutputShape(0));
  const ops::CodeSink sink = {step, codes};
  Convolve(0, ImageCodes(images), [&](const ops::SumBlock& sums) {
    ops::RequantizeSums(sums, convolutions_[0].affine, sink);
  });
  if (!graph().max_pool()) return codes;
  auto pooled = TensorOf<uint8_t>::Uninitialized(Pooled(codes.shape()));
  ops::MaxPoolCodes(engine_.threads(), codes, pooled);
  return pooled;
}

Tensor Int8Graph::Block(int index, const Tensor& x,
                        TensorOf<uint8_t>& codes) const {
  const auto& block = graph().blocks(index);
  const TensorOf<uint8_t> input = codes;
  for (int i = 0; i + 1 < block.units_size(); ++i) {
    const int unit = block.units(i);
    auto next = TensorOf<uint8_t>::Uninitialized(OutputShape(unit));
    const ops::CodeSink sink = {convolutions_[block.units(i + 1)].input_step,
                                next};
    Convolve(unit, codes, [&](const ops::SumBlock& sums) {
      ops::RequantizeSums(sums, convolutions_[unit].affine, sink);
    });
    codes = next;
  }
  const int last = block.units(block.units_size() - 1);
  const Shape shape = OutputShape(last);
  const TensorOf<uint8_t> last_input = codes;
  const bool has_next = index + 1 < graph().blocks_size();
  ops::CodeSink sink;
  if (has_next) {
    codes = TensorOf<uint8_t>::Uninitialized(shape);
    sink = {FirstOf(index + 1).input_step, codes};
  }
  const ops::CodeSink* codes_to = has_next ? &sink : nullptr;
  const bool is_read = !ReadsCodesAlone(index + 1);
  const Convolution& conv = convolutions_[last];
  if (!block.has_downsample()) {
    const Tensor out = is_read ? x : Tensor();  // in its place
    conv.plan->Forward(
        last_input, conv.weights,
        [&](const ops::SumBlock& sums) {
          ops::AddReluSums(sums, conv.affine, {.values = x}, shape, out,
                           codes_to);
        },
        x);
    return out;
  }
  const Tensor out = is_read ? Tensor::Uninitialized(shape) : Tensor();
  const Convolution& beside = convolutions_[block.downsample()];
  conv.plan->ForwardPair(
      last_input, conv.weights, *beside.plan, input, beside.weights,
      [&](const ops::SumBlock& sums, const ops::SumBlock& shortcut) {
        ops::AddReluSums(sums, conv.affine,
                         {.sums = &shortcut, .affine = beside.affine}, shape,
                         out, codes_to);
      });
  return out;
}

void Int8Graph::ForwardPart(View<const float> images,
                            View<float> logits) const {
  const ThreadPool& threads = engine_.threads();
  Tensor x;
  TensorOf<uint8_t> codes;
  if (ReadsCodesAlone(0)) {
    codes = StemCodes(images, FirstOf(0).input_step);
  } else {
    x = Stem(images);
    if (graph().blocks_size() > 0) {
      codes = Quantized(x, FirstOf(0).input_step.step,
                        static_cast<BitWidth>(subnet_->bits()));
    }
  }
  for (int i = 0; i < graph().blocks_size(); ++i) x = Block(i, x, codes);
  Tensor features = Tensor::Uninitialized({at_once_, x.shape()[3]});
  ops::GlobalAveragePool(threads, x, features);
  const TensorOf<uint8_t> read =
      Quantized(features, subnet_->classifier_input_step(), BitWidth::k8);
  ops::LinearInt8(threads, read, classifier_codes_,
                  bundle_->header().classifier_scale(),
                  bundle_->ClassifierBias(), logits);
}

Tensor Int8Graph::Forward(const Tensor& images) const {
  const int64_t side = images.shape()[1];
  RTFQ_CHECK(images.shape() == Shape({batch_, side, side, 3}));
  const int64_t classes = classifier_codes_.shape()[0];
  Tensor logits = Tensor::Uninitialized({batch_, classes});
  engine_.threads().Region([&] {
    for (int64_t first = 0; first < batch_; first += at_once_) {
      ForwardPart(
          View<const float>(images.data() + first * side * side * 3,
                            {at_once_, side, side, 3}),
          View<float>(logits.data() + first * classes, {at_once_, classes}));
    }
  });
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
