#include "rtfq/models/residual_block.h"

#include <utility>

#include "rtfq/core/profiler.h"
#include "rtfq/ops/activation.h"

namespace rtfq {

Tensor ResidualBlock::Forward(const ThreadPool& threads, const Tensor& x,
                              const StoredActivation& stored, const Pass& pass,
                              Saved& saved,
                              std::optional<NonFinite>* non_finite) const {
  const bool training = pass.mode == Mode::kTraining;
  const size_t n = units_.size();
  saved.inputs.resize(n);
  saved.units.resize(n);
  QuantizedActivation input =
      quantizers_[0].Forward(threads, x, pass.subnet.bits, pass);
  // `stored` has them.
  if (IsQuantized(input.bits)) input.value = Tensor();
  QuantizedActivation read = input;
  for (size_t i = 0; i + 1 < n; ++i) {
    QuantizedActivation next = units_[i].ForwardQuantized(
        threads, read, pass, quantizers_[i + 1], saved.units[i], non_finite);
    if (training) saved.inputs[i] = std::move(read);
    read = std::move(next);
  }
  const Tensor shortcut =
      downsample_ ? downsample_->Forward(threads, input, pass, /*relu=*/false,
                                         saved.downsample, non_finite)
                  : x;
  const Tensor out = units_[n - 1].ForwardAddRelu(
      threads, read, shortcut, pass, saved.units[n - 1], non_finite);
  if (training) {
    saved.inputs[n - 1] = std::move(read);
    saved.in = stored;
    saved.out = StoredActivation(threads, out, pass.storage);
  }
  return out;
}

Tensor ResidualBlock::Backward(const ThreadPool& threads, Tensor dout,
                               const Saved& saved,
                               std::optional<NonFinite>* non_finite) const {
  const size_t n = units_.size();
  const Tensor dsum = dout;
  Tensor d = dsum;
  {
    const ProfileScope scope(threads.profiler(), Work::kResidual);
    ops::ReluBackward(threads, saved.out.Load(threads), dout, dout);
    // The shortcut still needs it.
    if (units_[n - 1].OverwritesGradient(saved.units[n - 1])) d = dsum.Clone();
  }
  d = units_[n - 1].Backward(threads, std::move(d), saved.units[n - 1],
                             non_finite);
  for (size_t i = n - 1; i-- > 0;) {
    d = units_[i].BackwardQuantized(threads, std::move(d), saved.inputs[i + 1],
                                    quantizers_[i + 1], saved.units[i],
                                    non_finite);
  }
  if (downsample_) {
    const Tensor d_shortcut =
        downsample_->Backward(threads, dsum, saved.downsample, non_finite);
    const ProfileScope scope(threads.profiler(), Work::kResidual);
    ops::Add(threads, d, d_shortcut, d);
  }
  QuantizedActivation input = saved.inputs[0];
  if (IsQuantized(input.bits)) input.value = saved.in.Load(threads);
  d = quantizers_[0].Backward(threads, input, std::move(d));
  const ProfileScope scope(threads.profiler(), Work::kResidual);
  if (!downsample_) ops::Add(threads, d, dsum, d);
  return d;
}

}  // namespace rtfq
