// A convolution and the batch norm behind it.
#ifndef RTFQ_MODELS_CONV_UNIT_H_
#define RTFQ_MODELS_CONV_UNIT_H_

#include <optional>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/models/activation_quantizer.h"
#include "rtfq/models/pass.h"
#include "rtfq/models/slimmable_conv2d.h"
#include "rtfq/models/switchable_batch_norm.h"
#include "rtfq/ops/fold_batch_norm.h"

namespace rtfq {

// y = bn(conv(x)), or its ReLU. In Mode::kInference on codes the batch norm is
// folded into one scale and one bias per channel (ops/requantize.h), as in the
// deployed graph: the same bits there and here.
class ConvUnit {
 public:
  ConvUnit(SlimmableConv2d conv, SwitchableBatchNorm bn)
      : conv_(std::move(conv)), bn_(std::move(bn)) {}

  struct Saved {
    SlimmableConv2d::Saved conv;
    SwitchableBatchNorm::Saved bn;
  };

  Tensor Forward(const ThreadPool& threads, const QuantizedActivation& x,
                 const Pass& pass, bool relu, Saved& saved,
                 std::optional<NonFinite>* non_finite) const;
  // max(bn(conv(x)) + shortcut, 0): the end of a residual block. Backward() is
  // that of Forward() without ReLU.
  Tensor ForwardAddRelu(const ThreadPool& threads, const QuantizedActivation& x,
                        const Tensor& shortcut, const Pass& pass, Saved& saved,
                        std::optional<NonFinite>* non_finite) const;
  // The codes of max(bn(conv(x)), 0), which the next unit reads.
  QuantizedActivation ForwardQuantized(
      const ThreadPool& threads, const QuantizedActivation& x, const Pass& pass,
      const ActivationQuantizer& quantizer, Saved& saved,
      std::optional<NonFinite>* non_finite) const;

  // Gradient by x_hat; dy is overwritten where OverwritesGradient() says so.
  Tensor Backward(const ThreadPool& threads, Tensor dy, const Saved& saved,
                  std::optional<NonFinite>* non_finite) const;
  // After a forward pass without ReLU.
  bool OverwritesGradient(const Saved& saved) const {
    return !conv_.RoundingFactor(saved.conv).has_value();
  }
  // The same after ForwardQuantized(), which returned `read`, from the gradient
  // by its v_hat.
  Tensor BackwardQuantized(const ThreadPool& threads, Tensor dv_hat,
                           const QuantizedActivation& read,
                           const ActivationQuantizer& quantizer,
                           const Saved& saved,
                           std::optional<NonFinite>* non_finite) const;

  // Instead of Backward(), with SlimmableConv2d::BackwardAlong()'s result.
  double BackwardAlong(const ThreadPool& threads, Tensor dy, const Saved& saved,
                       const Tensor& e,
                       std::optional<NonFinite>* non_finite) const;

  const SlimmableConv2d& conv() const { return conv_; }
  const SwitchableBatchNorm& bn() const { return bn_; }

 private:
  // What makes of the exact sums of x's codes the unit's output.
  ops::FoldedBatchNorm Folded(const QuantizedActivation& x,
                              const Pass& pass) const;

  SlimmableConv2d conv_;
  SwitchableBatchNorm bn_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_CONV_UNIT_H_
