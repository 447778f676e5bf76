#include "rtfq/models/switchable_batch_norm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/ops/activation.h"
#include "rtfq/ops/batch_norm.h"

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

Tensor SwitchableBatchNorm::Forward(
    const ThreadPool& threads, const Tensor& x, const Pass& pass, bool relu,
    Saved* saved, std::optional<NonFinite>* non_finite) const {
  const Bank& bank = BankOf(pass.domain, switches_->KeyOf(pass.subnet));
  const int64_t c = x.shape()[3];
  const float epsilon = switches_->config().epsilon();
  const View<float> gamma = First(bank.gamma->value, c);
  const View<float> beta = First(bank.beta->value, c);
  Tensor y = Tensor::Uninitialized(x.shape());
  if (pass.mode == Mode::kInference) {
    ops::BatchNormNormalize(threads, x, First(bank.running_mean->value, c),
                            First(bank.running_var->value, c), gamma, beta,
                            epsilon, relu, y);
    return y;
  }
  Tensor mean = Tensor::Uninitialized({c});
  Tensor variance = Tensor::Uninitialized({c});
  ops::BatchNormStatistics(threads, x, mean, variance);
  NoteNonFinite(name_, mean, non_finite);
  NoteNonFinite(name_, variance, non_finite);
  ops::BatchNormNormalize(threads, x, mean, variance, gamma, beta, epsilon,
                          relu, y);
  if (pass.mode == Mode::kTraining || pass.mode == Mode::kCalibration) {
    MoveRunningStatistics(pass, mean, variance, x.count() / c, bank);
  }
  if (pass.mode == Mode::kTraining) {
    RTFQ_CHECK(saved != nullptr);
    *saved = {x, y, mean, variance, relu, bank.gamma, bank.beta};
  }
  return y;
}

Tensor SwitchableBatchNorm::Backward(
    const ThreadPool& threads, Tensor dy, const Saved& saved,
    std::optional<NonFinite>* non_finite) const {
  if (saved.relu) ops::ReluBackward(threads, saved.y, dy, dy);
  const int64_t c = saved.mean.count();
  const View<float> dgamma = First(saved.gamma->Touch(), c);
  ops::BatchNormBackward(threads, saved.x, saved.mean, saved.variance,
                         First(saved.gamma->value, c),
                         switches_->config().epsilon(), dy, dy, dgamma,
                         First(saved.beta->Touch(), c));
  NoteNonFinite(name_ + ".weight (gradient)", dgamma, non_finite);
  return dy;
}

}  // namespace rtfq
