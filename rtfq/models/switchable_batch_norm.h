// Batch norm with a bank of its own for every domain and kind of subnet.
#ifndef RTFQ_MODELS_SWITCHABLE_BATCH_NORM_H_
#define RTFQ_MODELS_SWITCHABLE_BATCH_NORM_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rtfq/core/domain.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/models/activation_quantizer.h"
#include "rtfq/models/batch_norm_switch.h"
#include "rtfq/models/output_gradient.h"
#include "rtfq/models/parameter.h"
#include "rtfq/models/pass.h"
#include "rtfq/models/stored_activation.h"
#include "rtfq/ops/fold_batch_norm.h"
#include "rtfq/ops/normalization.h"

namespace rtfq {

// A value that is infinite or not a number, and where it was first seen.
struct NonFinite {
  std::string layer;
  float value = 0;
};

// y = gamma * (x - mean) / sqrt(var + eps) + beta per channel, optionally
// followed by ReLU; gamma, beta and the running statistics are those of the
// pass's domain and switch key (paper, section III-C).
//
// Parameters "<name>.<domain>.<key>.weight|bias" and buffers
// "<name>.<domain>.<key>.running_mean|running_var", each [C at the key's
// width]; with SHARED_PREFIX the parameters are "<name>.<domain>.weight|bias",
// [C]. They start at gamma 1, beta 0, mean 0, variance 1.
class SwitchableBatchNorm {
 public:
  // `channels[key]` is the number of channels at the key's width.
  SwitchableBatchNorm(ParameterStore& store, std::string name,
                      const BatchNormSwitch& switches,
                      const std::vector<int64_t>& channels);

  struct Saved {
    StoredActivation x;     // [N,H,W,C]
    StoredActivation y;     // with ReLU: its mask; empty without, and where
                            // it was quantized and never stored
    Tensor mean, variance;  // [C], of the batch
    bool relu = false;
    Parameter* gamma = nullptr;
    Parameter* beta = nullptr;
  };

  // `saved` may be null but in Mode::kTraining. A channel whose batch
  // statistics are not finite is noted in `non_finite` unless something is
  // there already.
  Tensor Forward(const ThreadPool& threads, const Tensor& x, const Pass& pass,
                 bool relu, Saved* saved,
                 std::optional<NonFinite>* non_finite) const;
  // max(y + shortcut, 0), the end of a residual block; its ReLU is the caller's
  // to go back through.
  Tensor ForwardAddRelu(const ThreadPool& threads, const Tensor& x,
                        const Tensor& shortcut, const Pass& pass, Saved* saved,
                        std::optional<NonFinite>* non_finite) const;
  // Quantized max(y, 0) as `quantizer` makes it, the same bits, without storing
  // y where that can be (not in Mode::kStepCalibration).
  QuantizedActivation ForwardQuantized(
      const ThreadPool& threads, const Tensor& x, const Pass& pass,
      const ActivationQuantizer& quantizer, Saved* saved,
      std::optional<NonFinite>* non_finite) const;
  // The running statistics of the pass's bank, folded for `channels` of exact
  // sums, x = sum * sum_scale (ops/fold_batch_norm.h).
  ops::FoldedBatchNorm Folded(const Pass& pass, int64_t channels,
                              float sum_scale) const;

  // Gradient by x, times `rounding_factor` and rounded if there is one; dy is
  // overwritten. Those of gamma and beta are added.
  OutputGradient Backward(const ThreadPool& threads, Tensor dy,
                          const Saved& saved,
                          std::optional<float> rounding_factor,
                          std::optional<NonFinite>* non_finite) const;

  // After ForwardQuantized(), which returned `read`: from dv_hat, which is
  // overwritten; the step's gradient is added, too.
  OutputGradient BackwardQuantized(const ThreadPool& threads, Tensor dv_hat,
                                   const QuantizedActivation& read,
                                   const ActivationQuantizer& quantizer,
                                   const Saved& saved,
                                   std::optional<float> rounding_factor,
                                   std::optional<NonFinite>* non_finite) const;

  // One bank, for loading, calibration reports and export.
  struct Bank {
    Parameter* gamma = nullptr;
    Parameter* beta = nullptr;
    Buffer* running_mean = nullptr;
    Buffer* running_var = nullptr;
  };
  const Bank& BankOf(Domain domain, int key) const {
    return banks_[static_cast<int>(domain)][key];
  }
  const std::string& name() const { return name_; }

 private:
  ops::Normalization Running(const Pass& pass, int64_t channels) const;
  // What normalizes x in this pass: the running statistics in inference, else
  // the batch's, which are written to `mean` and `variance` and move the
  // running ones as the mode says.
  ops::Normalization Enter(const ThreadPool& threads, const Tensor& x,
                           const Pass& pass, Tensor& mean, Tensor& variance,
                           std::optional<NonFinite>* non_finite) const;
  void Save(const ThreadPool& threads, const Tensor& x, StoredActivation y,
            const Pass& pass, const Tensor& mean, const Tensor& variance,
            bool relu, Saved* saved) const;
  void MoveRunningStatistics(const Pass& pass, const Tensor& mean,
                             const Tensor& variance, int64_t count,
                             const Bank& bank) const;

  std::string name_;
  const BatchNormSwitch* switches_;
  std::array<std::vector<Bank>, 2> banks_;  // by domain, by key
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_SWITCHABLE_BATCH_NORM_H_
