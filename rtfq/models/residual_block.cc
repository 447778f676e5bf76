#include "rtfq/models/residual_block.h"

#include <utility>

#include "rtfq/ops/activation.h"

namespace rtfq {

Tensor ResidualBlock::Forward(const ThreadPool& threads, const Tensor& x,
                              const Pass& pass, Saved& saved,
                              std::optional<NonFinite>* non_finite) const {
  const bool training = pass.mode == Mode::kTraining;
  const size_t n = units_.size();
  saved.inputs.resize(n);
  saved.units.resize(n);
  const QuantizedActivation input =
      quantizers_[0].Forward(threads, x, pass.subnet.bits, pass);
  QuantizedActivation read = input;
  Tensor y;
  for (size_t i = 0; i < n; ++i) {
    const bool last = i + 1 == n;
    y = units_[i].Forward(threads, read, pass, /*relu=*/!last, saved.units[i],
                          non_finite);
    if (training) saved.inputs[i] = std::move(read);
    if (!last) {
      read = quantizers_[i + 1].Forward(threads, y, pass.subnet.bits, pass);
    }
  }
  const Tensor shortcut =
      downsample_ ? downsample_->Forward(threads, input, pass, /*relu=*/false,
                                         saved.downsample, non_finite)
                  : x;
  Tensor out = Tensor::Uninitialized(y.shape());
  ops::AddRelu(threads, y, shortcut, out);
  if (training) saved.out = out;
  return out;
}

Tensor ResidualBlock::Backward(const ThreadPool& threads, Tensor dout,
                               const Saved& saved,
                               std::optional<NonFinite>* non_finite) const {
  ops::ReluBackward(threads, saved.out, dout, dout);
  const Tensor dsum = dout;
  // The units overwrite what they are given, the shortcut still needs it.
  Tensor d = dsum.Clone();
  for (size_t i = units_.size(); i-- > 0;) {
    d = units_[i].Backward(threads, std::move(d), saved.units[i], non_finite);
    if (i > 0)
      d = quantizers_[i].Backward(threads, saved.inputs[i], std::move(d));
  }
  if (downsample_) {
    const Tensor d_shortcut =
        downsample_->Backward(threads, dsum, saved.downsample, non_finite);
    ops::Add(threads, d, d_shortcut, d);
  }
  d = quantizers_[0].Backward(threads, saved.inputs[0], std::move(d));
  if (!downsample_) ops::Add(threads, d, dsum, d);
  return d;
}

}  // namespace rtfq
