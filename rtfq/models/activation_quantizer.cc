#include "rtfq/models/activation_quantizer.h"

#include <algorithm>

#include "rtfq/core/check.h"
#include "rtfq/core/profiler.h"
#include "rtfq/ops/codes.h"
#include "rtfq/ops/lsq.h"

namespace rtfq {
namespace {

View<int8_t> AsSigned(const TensorOf<uint8_t>& codes) {
  return View<int8_t>(reinterpret_cast<int8_t*>(codes.data()), codes.shape());
}

}  // namespace

void TellReads(const Pass& pass, const std::string& layer,
               const QuantizedActivation& x) {
  if (pass.watcher == nullptr || !IsQuantized(x.bits)) return;
  pass.watcher->Reads(layer, x.codes);
}

Tensor QuantizedActivation::Dequantized(const ThreadPool& threads) const {
  if (!IsQuantized(bits)) return value;
  const ProfileScope scope(threads.profiler(), Work::kDequantize);
  Tensor v_hat = Tensor::Uninitialized(codes.shape());
  if (sign == Sign::kSigned) {
    ops::Dequantize(threads, View<const int8_t>(AsSigned(codes)), step, v_hat);
  } else {
    ops::Dequantize(threads, View<const uint8_t>(codes), step, v_hat);
  }
  return v_hat;
}

void ActivationQuantizer::CalibrateStep(const ThreadPool& threads,
                                        const Tensor& value, BitWidth bits,
                                        int64_t batch) const {
  const float measured = ops::InitialStep(threads, value, CodesOf(bits, sign_));
  float& step = *steps_.ParameterAt(bits)->value.data();
  const float weight = 1.0f / static_cast<float>(batch + 1);
  step = batch == 0 ? measured : step + (measured - step) * weight;
  step = std::max(step, kSmallestStep);
}

QuantizedActivation ActivationQuantizer::Forward(const ThreadPool& threads,
                                                 const Tensor& value,
                                                 BitWidth bits,
                                                 const Pass& pass) const {
  QuantizedActivation result;
  result.value = value;
  if (!IsQuantized(bits)) return result;
  const ProfileScope scope(threads.profiler(), Work::kQuantize);
  if (pass.mode == Mode::kStepCalibration) {
    CalibrateStep(threads, value, bits, pass.calibration_batch);
  }
  result = Unfilled(value.shape(), bits);
  result.value = value;
  const CodeRange range = CodesOf(bits, sign_);
  if (sign_ == Sign::kSigned) {
    ops::Quantize(threads, value, result.step, range, AsSigned(result.codes));
  } else {
    ops::Quantize(threads, value, result.step, range, result.codes.view());
  }
  return result;
}

QuantizedActivation ActivationQuantizer::Unfilled(const Shape& shape,
                                                  BitWidth bits) const {
  QuantizedActivation result;
  result.codes = TensorOf<uint8_t>::Uninitialized(shape);
  result.bits = bits;
  result.sign = sign_;
  result.step = steps_.At(bits);
  return result;
}

Tensor ActivationQuantizer::Backward(const ThreadPool& threads,
                                     const QuantizedActivation& saved,
                                     Tensor dx_hat) const {
  if (!IsQuantized(saved.bits)) return dx_hat;
  const ProfileScope scope(threads.profiler(), Work::kQuantize);
  const int64_t features_per_image =
      saved.value.count() / saved.value.shape()[0];
  const float dstep = ops::FakeQuantizeBackward(
      threads, saved.value, saved.step, CodesOf(saved.bits, saved.sign),
      features_per_image, dx_hat, dx_hat);
  AddStepGradient(saved.bits, dstep);
  return dx_hat;
}

Tensor ActivationQuantizer::StepResidual(
    const ThreadPool& threads, const QuantizedActivation& saved) const {
  if (!IsQuantized(saved.bits)) return Tensor();
  const ProfileScope scope(threads.profiler(), Work::kQuantize);
  Tensor e = Tensor::Uninitialized(saved.value.shape());
  ops::StepResidual(threads, saved.value, saved.step,
                    CodesOf(saved.bits, saved.sign), e);
  return e;
}

void ActivationQuantizer::AddStepGradientFrom(const QuantizedActivation& saved,
                                              double sum) const {
  if (!IsQuantized(saved.bits)) return;
  const int64_t features_per_image =
      saved.value.count() / saved.value.shape()[0];
  const double g = ops::StepGradientScale(features_per_image,
                                          CodesOf(saved.bits, saved.sign));
  AddStepGradient(saved.bits, static_cast<float>(g * sum));
}

}  // namespace rtfq
