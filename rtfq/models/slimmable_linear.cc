#include "rtfq/models/slimmable_linear.h"

#include <algorithm>

#include "rtfq/core/check.h"
#include "rtfq/ops/codes.h"
#include "rtfq/ops/linear.h"
#include "rtfq/ops/linear_int8.h"
#include "rtfq/ops/lsq.h"
#include "rtfq/ops/prefix.h"

namespace rtfq {

SlimmableLinear::SlimmableLinear(ParameterStore& store, const std::string& name,
                                 int64_t num_classes, int64_t num_features,
                                 const std::vector<BitWidth>& bit_widths)
    : weight_(store.Add(name + ".weight", ParameterKind::kWeight,
                        Tensor::Zeros({num_classes, num_features}))),
      bias_(store.Add(name + ".bias", ParameterKind::kWeight,
                      Tensor::Zeros({num_classes}))),
      weight_steps_(store, name + ".weight_step", bit_widths) {}

View<float> SlimmableLinear::Slice(const Tensor& full, int64_t features) const {
  return full.view().Prefix({full.shape()[0], features});
}

Tensor SlimmableLinear::FakeQuantizedWeight(
    const ThreadPool& threads, const QuantizedActivation& x) const {
  const int64_t features = x.shape()[1];
  Tensor w_hat = Tensor::Uninitialized({weight_->value.shape()[0], features});
  ops::FakeQuantize(threads, Slice(weight_->value, features),
                    weight_steps_.At(x.bits), CodesOf(x.bits, Sign::kSigned),
                    w_hat);
  return w_hat;
}

TensorOf<int8_t> SlimmableLinear::WeightCodes(const ThreadPool& threads,
                                              int64_t features,
                                              BitWidth bits) const {
  const View<float> w = Slice(weight_->value, features);
  auto codes = TensorOf<int8_t>::Uninitialized(w.shape());
  ops::Quantize(threads, w, weight_steps_.At(bits),
                CodesOf(bits, Sign::kSigned), codes.view());
  return codes;
}

Tensor SlimmableLinear::Forward(const ThreadPool& threads,
                                const QuantizedActivation& x,
                                Precision precision, Saved* saved) const {
  if (saved != nullptr) *saved = {x};
  const Shape shape = x.shape();
  RTFQ_CHECK(!IsQuantized(x.bits) || x.sign == Sign::kUnsigned);
  Tensor logits = Tensor::Uninitialized({shape[0], weight_->value.shape()[0]});
  if (!IsQuantized(x.bits)) {
    ops::Linear(threads, x.value, Slice(weight_->value, shape[1]), bias_->value,
                logits);
  } else if (precision == Precision::kFloat) {
    ops::Linear(threads, x.Dequantized(threads),
                FakeQuantizedWeight(threads, x), bias_->value, logits);
  } else {
    ops::LinearInt8(threads, x.codes, WeightCodes(threads, shape[1], x.bits),
                    x.step * weight_steps_.At(x.bits), bias_->value, logits);
  }
  return logits;
}

Tensor SlimmableLinear::Backward(const ThreadPool& threads,
                                 const Tensor& dlogits,
                                 const Saved& saved) const {
  const QuantizedActivation& x = saved.x;
  const Tensor x_hat = x.Dequantized(threads);
  const View<float> w = Slice(weight_->value, x_hat.shape()[1]);
  const View<float> dw = Slice(weight_->Touch(), x_hat.shape()[1]);
  Tensor dx_hat = Tensor::Uninitialized(x_hat.shape());
  if (!IsQuantized(x.bits)) {
    ops::LinearBackward(threads, x_hat, w, dlogits, dx_hat, dw, bias_->Touch());
    return dx_hat;
  }
  Tensor dw_hat = Tensor::Zeros(w.shape());
  ops::LinearBackward(threads, x_hat, FakeQuantizedWeight(threads, x), dlogits,
                      dx_hat, dw_hat, bias_->Touch());
  const float dstep = ops::FakeQuantizeBackward(
      threads, w, weight_steps_.At(x.bits), CodesOf(x.bits, Sign::kSigned),
      w.count(), dw_hat, dw_hat);
  *weight_steps_.ParameterAt(x.bits)->Touch().data() += dstep;
  ops::AddToPrefix(threads, dw_hat, dw);
  return dx_hat;
}

void SlimmableLinear::InitializeWeightSteps(const ThreadPool& threads) const {
  for (const auto& [bits, step] : weight_steps_.all()) {
    *step->value.data() =
        std::max(kSmallestStep, ops::InitialStep(threads, weight_->value,
                                                 CodesOf(bits, Sign::kSigned)));
  }
}

}  // namespace rtfq
