#include "rtfq/models/conv_unit.h"

#include <utility>

#include "rtfq/ops/code_step.h"
#include "rtfq/ops/requantize.h"

namespace rtfq {
namespace {

bool IsFolded(const QuantizedActivation& x, const Pass& pass) {
  return pass.mode == Mode::kInference && IsQuantized(x.bits) &&
         ConvolvesCodes(pass.precision);
}

}  // namespace

ops::FoldedBatchNorm ConvUnit::Folded(const QuantizedActivation& x,
                                      const Pass& pass) const {
  return bn_.Folded(pass, conv_.OutputShape(x, pass)[3], conv_.SumScale(x));
}

Tensor ConvUnit::Forward(const ThreadPool& threads,
                         const QuantizedActivation& x, const Pass& pass,
                         bool relu, Saved& saved,
                         std::optional<NonFinite>* non_finite) const {
  TellReads(pass, conv_.name(), x);
  if (IsFolded(x, pass)) {
    Tensor y = Tensor::Uninitialized(conv_.OutputShape(x, pass));
    const ops::FoldedBatchNorm folded = Folded(x, pass);
    conv_.ForwardSums(x, pass, [&](const ops::SumBlock& sums) {
      ops::AffineSums(sums, {folded.scale, folded.bias}, relu, y);
    });
    return y;
  }
  const bool training = pass.mode == Mode::kTraining;
  const Tensor y = conv_.Forward(x, pass, training ? &saved.conv : nullptr);
  return bn_.Forward(threads, y, pass, relu, training ? &saved.bn : nullptr,
                     non_finite);
}

Tensor ConvUnit::ForwardAddRelu(const ThreadPool& threads,
                                const QuantizedActivation& x,
                                const Tensor& shortcut, const Pass& pass,
                                Saved& saved,
                                std::optional<NonFinite>* non_finite) const {
  TellReads(pass, conv_.name(), x);
  if (IsFolded(x, pass)) {
    Tensor out = Tensor::Uninitialized(shortcut.shape());
    const ops::FoldedBatchNorm folded = Folded(x, pass);
    conv_.ForwardSums(x, pass, [&](const ops::SumBlock& sums) {
      ops::AddReluSums(sums, {folded.scale, folded.bias}, {.values = shortcut},
                       out.shape(), out, /*sink=*/nullptr);
    });
    return out;
  }
  const bool training = pass.mode == Mode::kTraining;
  const Tensor y = conv_.Forward(x, pass, training ? &saved.conv : nullptr);
  return bn_.ForwardAddRelu(threads, y, shortcut, pass,
                            training ? &saved.bn : nullptr, non_finite);
}

QuantizedActivation ConvUnit::ForwardQuantized(
    const ThreadPool& threads, const QuantizedActivation& x, const Pass& pass,
    const ActivationQuantizer& quantizer, Saved& saved,
    std::optional<NonFinite>* non_finite) const {
  TellReads(pass, conv_.name(), x);
  if (IsFolded(x, pass)) {
    QuantizedActivation read =
        quantizer.Unfilled(conv_.OutputShape(x, pass), pass.subnet.bits);
    const ops::FoldedBatchNorm folded = Folded(x, pass);
    const ops::CodeSink sink = {
        ops::CodeStep(read.step, CodesOf(read.bits, read.sign).max),
        read.codes};
    conv_.ForwardSums(x, pass, [&](const ops::SumBlock& sums) {
      ops::RequantizeSums(sums, {folded.scale, folded.bias}, sink);
    });
    return read;
  }
  const bool training = pass.mode == Mode::kTraining;
  const Tensor y = conv_.Forward(x, pass, training ? &saved.conv : nullptr);
  return bn_.ForwardQuantized(threads, y, pass, quantizer,
                              training ? &saved.bn : nullptr, non_finite);
}

Tensor ConvUnit::Backward(const ThreadPool& threads, Tensor dy,
                          const Saved& saved,
                          std::optional<NonFinite>* non_finite) const {
  return conv_.Backward(
      bn_.Backward(threads, std::move(dy), saved.bn,
                   conv_.RoundingFactor(saved.conv), non_finite),
      saved.conv);
}

double ConvUnit::BackwardAlong(const ThreadPool& threads, Tensor dy,
                               const Saved& saved, const Tensor& e,
                               std::optional<NonFinite>* non_finite) const {
  return conv_.BackwardAlong(
      bn_.Backward(threads, std::move(dy), saved.bn,
                   /*rounding_factor=*/std::nullopt, non_finite)
          .exact,
      saved.conv, e);
}

Tensor ConvUnit::BackwardQuantized(const ThreadPool& threads, Tensor dv_hat,
                                   const QuantizedActivation& read,
                                   const ActivationQuantizer& quantizer,
                                   const Saved& saved,
                                   std::optional<NonFinite>* non_finite) const {
  return conv_.Backward(
      bn_.BackwardQuantized(threads, std::move(dv_hat), read, quantizer,
                            saved.bn, conv_.RoundingFactor(saved.conv),
                            non_finite),
      saved.conv);
}

}  // namespace rtfq
