#include "rtfq/models/slimmable_conv2d.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "rtfq/core/check.h"
#include "rtfq/core/profiler.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/activation.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/codes.h"
#include "rtfq/ops/dot.h"
#include "rtfq/ops/lsq.h"
#include "rtfq/ops/prefix.h"
#include "rtfq/ops/requantize.h"

namespace rtfq {
SlimmableConv2d::SlimmableConv2d(ParameterStore& store, ConvPlans& plans,
                                 const ConvSpec& full,
                                 std::map<int, int64_t> out_channels_at,
                                 const std::vector<BitWidth>& bit_widths)
    : name_(full.name),
      out_channels_at_(std::move(out_channels_at)),
      kernel_(full.kernel),
      stride_(full.stride),
      padding_(full.padding),
      plans_(&plans),
      weight_(store.Add(full.name + ".weight", ParameterKind::kWeight,
                        Tensor::Zeros({full.out_channels, full.in_channels,
                                       full.kernel, full.kernel}))),
      weight_steps_(store, full.name + ".weight_step", bit_widths) {}

ops::Conv2dGeometry SlimmableConv2d::GeometryFor(const Shape& x,
                                                 int64_t out_channels) const {
  return {.batch = x[0],
          .in_channels = x[3],
          .out_channels = out_channels,
          .in_size = x[1],
          .kernel = kernel_,
          .stride = stride_,
          .padding = padding_};
}

View<float> SlimmableConv2d::Slice(const Tensor& full,
                                   const ops::Conv2dGeometry& g) const {
  return full.view().Prefix(g.w_shape());
}

absl::Status SlimmableConv2d::Prepare(const ConvSpec& sliced, int64_t batch,
                                      BitWidth bits,
                                      Precision precision) const {
  const ops::Conv2dGeometry g =
      GeometryFor({batch, sliced.in_size, sliced.in_size, sliced.in_channels},
                  sliced.out_channels);
  RTFQ_RETURN_IF_ERROR(plans_->PrepareFloat(g));
  if (precision == Precision::kIntegerBf16) {
    RTFQ_RETURN_IF_ERROR(plans_->PrepareBf16Gradients(g));
    if (!IsQuantized(bits)) return plans_->PrepareBf16Forward(g);
  }
  if (!ConvolvesCodes(precision) || !IsQuantized(bits)) {
    return absl::OkStatus();
  }
  return plans_->PrepareInteger(
      g, bits,
      sliced.role == ConvRole::kStem ? Sign::kSigned : Sign::kUnsigned);
}

Tensor SlimmableConv2d::FakeQuantizedWeight(const ops::Conv2dGeometry& g,
                                            BitWidth bits) const {
  const ProfileScope scope(profiler(), Work::kWeights, name_);
  const View<float> w = Slice(weight_->value, g);
  Tensor w_hat = Tensor::Uninitialized(g.w_shape());
  if (IsQuantized(bits)) {
    ops::FakeQuantize(plans_->engine().threads(), w, weight_steps_.At(bits),
                      CodesOf(bits, Sign::kSigned), w_hat);
  } else {
    ops::CopyPrefix(plans_->engine().threads(), w, w_hat);
  }
  return w_hat;
}

TensorOf<int8_t> SlimmableConv2d::WeightCodes(int64_t out_channels,
                                              int64_t in_channels,
                                              BitWidth bits) const {
  const Shape shape = {out_channels, in_channels, kernel_, kernel_};
  auto codes = TensorOf<int8_t>::Uninitialized(shape);
  ops::Quantize(plans_->engine().threads(), weight_->value.view().Prefix(shape),
                weight_steps_.At(bits), CodesOf(bits, Sign::kSigned),
                codes.view());
  return codes;
}

TensorOf<ops::Bf16> SlimmableConv2d::Rounded(const Tensor& v) const {
  const ProfileScope scope(profiler(), Work::kDequantize, name_);
  auto rounded = TensorOf<ops::Bf16>::Uninitialized(v.shape());
  ops::RoundToBf16(plans_->engine().threads(), v, /*factor=*/1, rounded.view());
  return rounded;
}

Shape SlimmableConv2d::OutputShape(const QuantizedActivation& x,
                                   const Pass& pass) const {
  return GeometryFor(x.shape(), out_channels_at_.at(pass.subnet.width_percent))
      .y_shape();
}

void SlimmableConv2d::ForwardSums(const QuantizedActivation& x,
                                  const Pass& pass,
                                  ops::SumReader reader) const {
  const ops::Conv2dGeometry g =
      GeometryFor(x.shape(), out_channels_at_.at(pass.subnet.width_percent));
  TensorOf<int8_t> w_codes;
  {
    const ProfileScope scope(profiler(), Work::kWeights, name_);
    w_codes = WeightCodes(g.out_channels, g.in_channels, x.bits);
  }
  const ProfileScope scope(profiler(), Work::kConvForward, name_);
  plans_->Integer(g, x.bits, x.sign).Forward(x.codes, w_codes, reader);
}

Tensor SlimmableConv2d::Forward(const QuantizedActivation& x, const Pass& pass,
                                Saved* saved) const {
  const int64_t out_channels = out_channels_at_.at(pass.subnet.width_percent);
  const ops::Conv2dGeometry g = GeometryFor(x.shape(), out_channels);
  if (saved != nullptr) *saved = {x, out_channels, pass.precision};
  Tensor y = Tensor::Uninitialized(g.y_shape());
  if (ConvolvesCodes(pass.precision) && IsQuantized(x.bits)) {
    const float scale = SumScale(x);
    ForwardSums(x, pass, [&](const ops::SumBlock& block) {
      ops::ScaleSums(block, scale, y);
    });
    return y;
  }
  if (pass.precision == Precision::kIntegerBf16 &&
      pass.mode == Mode::kTraining) {
    const TensorOf<ops::Bf16> x_rounded = Rounded(x.value);
    const TensorOf<ops::Bf16> w_rounded =
        Rounded(FakeQuantizedWeight(g, x.bits));
    const ProfileScope scope(profiler(), Work::kConvForward, name_);
    plans_->Bf16Forward(g).Run(x_rounded, w_rounded, y);
    return y;
  }
  const ProfileScope scope(profiler(), Work::kConvForward, name_);
  plans_->Float(g).Forward(x.Dequantized(plans_->engine().threads()),
                           FakeQuantizedWeight(g, x.bits), y);
  return y;
}

std::optional<float> SlimmableConv2d::RoundingFactor(const Saved& saved) const {
  const BitWidth bits = saved.x.bits;
  if (saved.precision != Precision::kIntegerBf16) return std::nullopt;
  if (!IsQuantized(bits)) return 1.0f;
  // dx_hat = w_step * (w_codes, dy), dw = x_step * (x_codes, dy): with the one
  // step in dy, dx_hat needs no pass of its own.
  return weight_steps_.At(bits);
}

Tensor SlimmableConv2d::Backward(const OutputGradient& dy,
                                 const Saved& saved) const {
  const ops::Conv2dGeometry g =
      GeometryFor(saved.x.shape(), saved.out_channels);
  Tensor dw = Tensor::Uninitialized(g.w_shape());
  Tensor dx_hat = Tensor::Uninitialized(g.x_shape());
  Gradients(dy, saved, dw, &dx_hat);
  AddWeightGradient(dw, g, saved.x.bits);
  return dx_hat;
}

double SlimmableConv2d::BackwardAlong(const Tensor& dy, const Saved& saved,
                                      const Tensor& e) const {
  const ThreadPool& threads = plans_->engine().threads();
  const ops::Conv2dGeometry g =
      GeometryFor(saved.x.shape(), saved.out_channels);
  Tensor dw = Tensor::Uninitialized(g.w_shape());
  Gradients({.exact = dy, .rounded = {}}, saved, dw, /*dx_hat=*/nullptr);
  AddWeightGradient(dw, g, saved.x.bits);
  if (e.empty()) return 0;
  const ProfileScope scope(profiler(), Work::kConvBackwardData, name_);
  Tensor along = Tensor::Uninitialized(g.y_shape());
  plans_->Float(g).Forward(e, FakeQuantizedWeight(g, saved.x.bits), along);
  return ops::Dot(threads, dy, along);
}

void SlimmableConv2d::Gradients(const OutputGradient& dy, const Saved& saved,
                                Tensor& dw, Tensor* dx_hat) const {
  const QuantizedActivation& x = saved.x;
  const ops::Conv2dGeometry g = GeometryFor(x.shape(), saved.out_channels);
  if (const std::optional<float> factor = RoundingFactor(saved)) {
    OutputGradient rounded = dy;
    if (rounded.rounded.empty()) {
      const ProfileScope scope(profiler(), Work::kDequantize, name_);
      rounded.rounded = TensorOf<ops::Bf16>::Uninitialized(dy.exact.shape());
      ops::RoundToBf16(plans_->engine().threads(), dy.exact, *factor,
                       rounded.rounded.view());
    }
    if (IsQuantized(x.bits)) {
      BackwardOfCodes(plans_->Bf16Gradients(g), rounded.rounded, x, dw, dx_hat);
    } else {
      BackwardBf16(g, rounded.rounded, x.value, dw, dx_hat);
    }
    return;
  }
  const ops::Conv2dPlan& plan = plans_->Float(g);
  {
    const ProfileScope scope(profiler(), Work::kConvBackwardWeights, name_);
    plan.BackwardWeights(x.Dequantized(plans_->engine().threads()), dy.exact,
                         dw);
  }
  if (dx_hat == nullptr) return;
  const ProfileScope scope(profiler(), Work::kConvBackwardData, name_);
  plan.BackwardData(dy.exact, FakeQuantizedWeight(g, x.bits), *dx_hat);
}

void SlimmableConv2d::BackwardOfCodes(const ops::Conv2dBf16Gradients& gradients,
                                      const TensorOf<ops::Bf16>& dy,
                                      const QuantizedActivation& x, Tensor& dw,
                                      Tensor* dx_hat) const {
  {
    const ProfileScope scope(profiler(), Work::kConvBackwardWeights, name_);
    gradients.BackwardWeights(x.codes, x.sign, dy, dw);
  }
  {
    const ProfileScope scope(profiler(), Work::kDequantize, name_);
    ops::Scale(plans_->engine().threads(), x.step / weight_steps_.At(x.bits),
               dw);
  }
  if (dx_hat == nullptr) return;
  TensorOf<int8_t> w_codes;
  {
    const ProfileScope scope(profiler(), Work::kWeights, name_);
    w_codes = WeightCodes(dw.shape()[0], dw.shape()[1], x.bits);
  }
  const ProfileScope scope(profiler(), Work::kConvBackwardData, name_);
  gradients.BackwardData(dy, w_codes, *dx_hat);
}

void SlimmableConv2d::BackwardBf16(const ops::Conv2dGeometry& g,
                                   const TensorOf<ops::Bf16>& dy,
                                   const Tensor& x, Tensor& dw,
                                   Tensor* dx_hat) const {
  const ops::Conv2dBf16Gradients& gradients = plans_->Bf16Gradients(g);
  {
    const TensorOf<ops::Bf16> x_rounded = Rounded(x);
    const ProfileScope scope(profiler(), Work::kConvBackwardWeights, name_);
    gradients.BackwardWeights(x_rounded, dy, dw);
  }
  if (dx_hat == nullptr) return;
  const TensorOf<ops::Bf16> w_rounded =
      Rounded(FakeQuantizedWeight(g, BitWidth::kFloat));
  const ProfileScope scope(profiler(), Work::kConvBackwardData, name_);
  gradients.BackwardData(dy, w_rounded, *dx_hat);
}

void SlimmableConv2d::AddWeightGradient(const Tensor& dw,
                                        const ops::Conv2dGeometry& g,
                                        BitWidth bits) const {
  const ThreadPool& threads = plans_->engine().threads();
  const ProfileScope scope(profiler(), Work::kWeights, name_);
  if (IsQuantized(bits)) {
    const float dstep = ops::FakeQuantizeBackward(
        threads, Slice(weight_->value, g), weight_steps_.At(bits),
        CodesOf(bits, Sign::kSigned), dw.count(), dw, dw);
    *weight_steps_.ParameterAt(bits)->Touch().data() += dstep;
  }
  ops::AddToPrefix(threads, dw, Slice(weight_->Touch(), g));
}

Profiler* SlimmableConv2d::profiler() const {
  return plans_->engine().threads().profiler();
}

void SlimmableConv2d::InitializeWeightSteps() const {
  for (const auto& [bits, step] : weight_steps_.all()) {
    *step->value.data() =
        std::max(kSmallestStep,
                 ops::InitialStep(plans_->engine().threads(), weight_->value,
                                  CodesOf(bits, Sign::kSigned)));
  }
}

}  // namespace rtfq
