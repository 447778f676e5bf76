#include "rtfq/models/switchable_batch_norm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/check.h"
#include "rtfq/core/profiler.h"
#include "rtfq/ops/activation.h"
#include "rtfq/ops/batch_norm.h"
#include "rtfq/ops/normalize_quantize.h"

namespace rtfq {
namespace {

// The first `channels` of a bank's vector.
View<float> First(const Tensor& vector, int64_t channels) {
  return vector.view().Prefix({channels});
}

void NoteNonFinite(const std::string& layer, View<const float> values,
                   std::optional<NonFinite>* non_finite) {
  if (non_finite->has_value()) return;
  for (const float value : values.span()) {
    if (std::isfinite(value)) continue;
    *non_finite = NonFinite{layer, value};
    return;
  }
}

}  // namespace

SwitchableBatchNorm::SwitchableBatchNorm(ParameterStore& store,
                                         std::string name,
                                         const BatchNormSwitch& switches,
                                         const std::vector<int64_t>& channels)
    : name_(std::move(name)), switches_(&switches) {
  const bool shared =
      switches.config().affine() == BatchNormConfig::SHARED_PREFIX;
  const auto add_affine = [&](const std::string& prefix, int64_t c,
                              Bank& bank) {
    bank.gamma = store.Add(prefix + ".weight", ParameterKind::kBatchNormAffine,
                           Tensor::Filled({c}, 1.0f));
    bank.beta = store.Add(prefix + ".bias", ParameterKind::kBatchNormAffine,
                          Tensor::Zeros({c}));
  };
  for (const Domain domain : kDomains) {
    const std::string domain_prefix = absl::StrCat(name_, ".", NameOf(domain));
    Bank common;
    if (shared) {
      int64_t widest = 0;
      for (const int64_t c : channels) widest = std::max(widest, c);
      add_affine(domain_prefix, widest, common);
    }
    for (int key = 0; key < switches.num_keys(); ++key) {
      Bank bank = common;
      const std::string prefix =
          absl::StrCat(domain_prefix, ".", switches.NameOf(key));
      if (!shared) add_affine(prefix, channels[key], bank);
      bank.running_mean = store.AddBuffer(prefix + ".running_mean",
                                          Tensor::Zeros({channels[key]}));
      bank.running_var = store.AddBuffer(prefix + ".running_var",
                                         Tensor::Filled({channels[key]}, 1.0f));
      banks_[static_cast<int>(domain)].push_back(bank);
    }
  }
}

void SwitchableBatchNorm::MoveRunningStatistics(const Pass& pass,
                                                const Tensor& mean,
                                                const Tensor& variance,
                                                int64_t count,
                                                const Bank& bank) const {
  // The cumulative average of equally heavy batches is a moving average whose
  // momentum is 1, 1/2, 1/3, ...: the first forgets what was there.
  const float momentum =
      pass.mode == Mode::kCalibration
          ? 1.0f / static_cast<float>(pass.calibration_batch + 1)
          : switches_->config().momentum();
  const int64_t c = mean.count();
  ops::UpdateRunningStatistics(mean, variance, count, momentum,
                               First(bank.running_mean->value, c),
                               First(bank.running_var->value, c));
}

ops::Normalization SwitchableBatchNorm::Running(const Pass& pass,
                                                int64_t channels) const {
  const Bank& bank = BankOf(pass.domain, switches_->KeyOf(pass.subnet));
  return {.mean = First(bank.running_mean->value, channels),
          .variance = First(bank.running_var->value, channels),
          .gamma = First(bank.gamma->value, channels),
          .beta = First(bank.beta->value, channels),
          .epsilon = switches_->config().epsilon()};
}

ops::FoldedBatchNorm SwitchableBatchNorm::Folded(const Pass& pass,
                                                 int64_t channels,
                                                 float sum_scale) const {
  return ops::FoldBatchNorm(Running(pass, channels), sum_scale);
}

ops::Normalization SwitchableBatchNorm::Enter(
    const ThreadPool& threads, const Tensor& x, const Pass& pass, Tensor& mean,
    Tensor& variance, std::optional<NonFinite>* non_finite) const {
  const int64_t c = x.shape()[3];
  ops::Normalization norm = Running(pass, c);
  if (pass.mode == Mode::kInference) return norm;
  mean = Tensor::Uninitialized({c});
  variance = Tensor::Uninitialized({c});
  ops::BatchNormStatistics(threads, x, mean, variance);
  NoteNonFinite(name_, mean, non_finite);
  NoteNonFinite(name_, variance, non_finite);
  if (pass.mode == Mode::kTraining || pass.mode == Mode::kCalibration) {
    MoveRunningStatistics(pass, mean, variance, x.count() / c,
                          BankOf(pass.domain, switches_->KeyOf(pass.subnet)));
  }
  norm.mean = mean;
  norm.variance = variance;
  return norm;
}

void SwitchableBatchNorm::Save(const ThreadPool& threads, const Tensor& x,
                               StoredActivation y, const Pass& pass,
                               const Tensor& mean, const Tensor& variance,
                               bool relu, Saved* saved) const {
  RTFQ_CHECK(saved != nullptr);
  const Bank& bank = BankOf(pass.domain, switches_->KeyOf(pass.subnet));
  *saved = {StoredActivation(threads, x, pass.storage),
            std::move(y),
            mean,
            variance,
            relu,
            bank.gamma,
            bank.beta};
}

Tensor SwitchableBatchNorm::Forward(
    const ThreadPool& threads, const Tensor& x, const Pass& pass, bool relu,
    Saved* saved, std::optional<NonFinite>* non_finite) const {
  const ProfileScope scope(threads.profiler(), Work::kBatchNorm, name_);
  Tensor mean, variance;
  const ops::Normalization norm =
      Enter(threads, x, pass, mean, variance, non_finite);
  Tensor y = Tensor::Uninitialized(x.shape());
  ops::BatchNormNormalize(threads, x, norm.mean, norm.variance, norm.gamma,
                          norm.beta, norm.epsilon, relu, y);
  if (pass.mode == Mode::kTraining) {
    Save(threads, x,
         relu ? StoredActivation(threads, y, pass.storage) : StoredActivation(),
         pass, mean, variance, relu, saved);
  }
  return y;
}

Tensor SwitchableBatchNorm::ForwardAddRelu(
    const ThreadPool& threads, const Tensor& x, const Tensor& shortcut,
    const Pass& pass, Saved* saved,
    std::optional<NonFinite>* non_finite) const {
  const ProfileScope scope(threads.profiler(), Work::kBatchNorm, name_);
  Tensor mean, variance;
  const ops::Normalization norm =
      Enter(threads, x, pass, mean, variance, non_finite);
  Tensor out = Tensor::Uninitialized(x.shape());
  ops::BatchNormAddRelu(threads, x, norm, shortcut, out);
  if (pass.mode == Mode::kTraining) {
    Save(threads, x, StoredActivation(), pass, mean, variance, /*relu=*/false,
         saved);
  }
  return out;
}

QuantizedActivation SwitchableBatchNorm::ForwardQuantized(
    const ThreadPool& threads, const Tensor& x, const Pass& pass,
    const ActivationQuantizer& quantizer, Saved* saved,
    std::optional<NonFinite>* non_finite) const {
  const BitWidth bits = pass.subnet.bits;
  if (!IsQuantized(bits) || pass.mode == Mode::kStepCalibration) {
    const Tensor y =
        Forward(threads, x, pass, /*relu=*/true, saved, non_finite);
    return quantizer.Forward(threads, y, bits, pass);
  }
  const ProfileScope scope(threads.profiler(), Work::kBatchNorm, name_);
  Tensor mean, variance;
  const ops::Normalization norm =
      Enter(threads, x, pass, mean, variance, non_finite);
  QuantizedActivation result = quantizer.Unfilled(x.shape(), bits);
  ops::NormalizeQuantize(threads, x, norm, result.step,
                         CodesOf(bits, result.sign), result.codes);
  if (pass.mode == Mode::kTraining) {
    Save(threads, x, StoredActivation(), pass, mean, variance, /*relu=*/true,
         saved);
  }
  return result;
}

namespace {

// Where a gradient of dy's shape goes, and what is then handed on: dy itself,
// or a new tensor of rounded elements.
class GradientResult {
 public:
  GradientResult(Tensor dy, std::optional<float> factor) {
    if (factor.has_value()) {
      result_.rounded = TensorOf<ops::Bf16>::Uninitialized(dy.shape());
      sink_ = {result_.rounded.view(), *factor};
    } else {
      result_.exact = std::move(dy);
    }
  }
  const ops::Bf16Sink* sink() const {
    return sink_.has_value() ? &*sink_ : nullptr;
  }
  OutputGradient Take() { return std::move(result_); }

 private:
  OutputGradient result_;
  std::optional<ops::Bf16Sink> sink_;
};

}  // namespace

OutputGradient SwitchableBatchNorm::BackwardQuantized(
    const ThreadPool& threads, Tensor dv_hat, const QuantizedActivation& read,
    const ActivationQuantizer& quantizer, const Saved& saved,
    std::optional<float> rounding_factor,
    std::optional<NonFinite>* non_finite) const {
  if (saved.y.shape().count() > 0) {
    return Backward(threads,
                    quantizer.Backward(threads, read, std::move(dv_hat)), saved,
                    rounding_factor, non_finite);
  }
  const ProfileScope scope(threads.profiler(), Work::kBatchNorm, name_);
  const int64_t c = saved.mean.count();
  const ops::Normalization norm = {.mean = saved.mean,
                                   .variance = saved.variance,
                                   .gamma = First(saved.gamma->value, c),
                                   .beta = First(saved.beta->value, c),
                                   .epsilon = switches_->config().epsilon()};
  const View<float> dgamma = First(saved.gamma->Touch(), c);
  GradientResult result(dv_hat, rounding_factor);
  const float dstep = ops::NormalizeQuantizeBackward(
      threads, saved.x.Load(threads), norm, read.step,
      CodesOf(read.bits, read.sign),
      /*n=*/dv_hat.count() / dv_hat.shape()[0], dv_hat, dv_hat, dgamma,
      First(saved.beta->Touch(), c), result.sink());
  quantizer.AddStepGradient(read.bits, dstep);
  NoteNonFinite(name_ + ".weight (gradient)", dgamma, non_finite);
  return result.Take();
}

OutputGradient SwitchableBatchNorm::Backward(
    const ThreadPool& threads, Tensor dy, const Saved& saved,
    std::optional<float> rounding_factor,
    std::optional<NonFinite>* non_finite) const {
  const ProfileScope scope(threads.profiler(), Work::kBatchNorm, name_);
  if (saved.relu) ops::ReluBackward(threads, saved.y.Load(threads), dy, dy);
  const int64_t c = saved.mean.count();
  const View<float> dgamma = First(saved.gamma->Touch(), c);
  GradientResult result(dy, rounding_factor);
  ops::BatchNormBackward(threads, saved.x.Load(threads), saved.mean,
                         saved.variance, First(saved.gamma->value, c),
                         switches_->config().epsilon(), dy, dy, dgamma,
                         First(saved.beta->Touch(), c), result.sink());
  NoteNonFinite(name_ + ".weight (gradient)", dgamma, non_finite);
  return result.Take();
}

}  // namespace rtfq
