// The classifier over a prefix of the features.
#ifndef RTFQ_MODELS_SLIMMABLE_LINEAR_H_
#define RTFQ_MODELS_SLIMMABLE_LINEAR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/models/activation_quantizer.h"
#include "rtfq/models/parameter.h"
#include "rtfq/models/pass.h"
#include "rtfq/models/step_sizes.h"

namespace rtfq {

// logits = x_hat w_hat^T + bias, w_hat the fake-quantized first F columns of
// the one weight [classes, F_full]; plain values at full precision.
//
// Parameters "<name>.weight", "<name>.bias", "<name>.weight_step.<bits>".
class SlimmableLinear {
 public:
  // Weight and bias are zero until somebody fills them.
  SlimmableLinear(ParameterStore& store, const std::string& name,
                  int64_t num_classes, int64_t num_features,
                  const std::vector<BitWidth>& bit_widths);

  struct Saved {
    QuantizedActivation x;
  };

  // x [N,F] -> [N,classes]; codes are multiplied as integers unless the
  // precision is kFloat. `saved` may be null.
  Tensor Forward(const ThreadPool& threads, const QuantizedActivation& x,
                 Precision precision, Saved* saved) const;
  // Codes of the first columns of the weight, [classes, F]; `bits` at most 8.
  TensorOf<int8_t> WeightCodes(const ThreadPool& threads, int64_t features,
                               BitWidth bits) const;
  // Gradient by x_hat; those of weight, bias and step are added.
  Tensor Backward(const ThreadPool& threads, const Tensor& dlogits,
                  const Saved& saved) const;

  // As SlimmableConv2d's.
  void InitializeWeightSteps(const ThreadPool& threads) const;

  Parameter& weight() const { return *weight_; }
  Parameter& bias() const { return *bias_; }
  const StepSizes& weight_steps() const { return weight_steps_; }

 private:
  View<float> Slice(const Tensor& full, int64_t features) const;
  Tensor FakeQuantizedWeight(const ThreadPool& threads,
                             const QuantizedActivation& x) const;

  Parameter* weight_;  // [classes, F_full]
  Parameter* bias_;    // [classes]
  StepSizes weight_steps_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_SLIMMABLE_LINEAR_H_
