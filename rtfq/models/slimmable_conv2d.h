// A convolution whose weight holds those of all widths.
#ifndef RTFQ_MODELS_SLIMMABLE_CONV2D_H_
#define RTFQ_MODELS_SLIMMABLE_CONV2D_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rtfq/core/tensor.h"
#include "rtfq/models/activation_quantizer.h"
#include "rtfq/models/conv_plans.h"
#include "rtfq/models/output_gradient.h"
#include "rtfq/models/parameter.h"
#include "rtfq/models/pass.h"
#include "rtfq/models/resnet_spec.h"
#include "rtfq/models/step_sizes.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/sum_block.h"

namespace rtfq {

// y = conv(x_hat, w_hat), w_hat the fake-quantized first O rows and I columns
// of the one weight [O_full, I_full, K, K] (prefix slicing [U]), quantized with
// the step of the pass's bits, or the plain slice at full precision.
//
// Parameters "<name>.weight" and "<name>.weight_step.<bits>".
class SlimmableConv2d {
 public:
  // `full` is the convolution at full width; only its sizes that do not depend
  // on the resolution matter. `out_channels_at` holds the output channels by
  // width in percent. The weight is zero until somebody fills it.
  SlimmableConv2d(ParameterStore& store, ConvPlans& plans, const ConvSpec& full,
                  std::map<int, int64_t> out_channels_at,
                  const std::vector<BitWidth>& bit_widths);

  struct Saved {
    QuantizedActivation x;
    int64_t out_channels = 0;
    Precision precision = Precision::kInteger;
  };

  // Makes the plans of passes with these sizes.
  absl::Status Prepare(const ConvSpec& sliced, int64_t batch, BitWidth bits,
                       Precision precision) const;

  // x [N,H,W,I] -> y [N,P,Q,O]. `saved` may be null where nothing is saved.
  Tensor Forward(const QuantizedActivation& x, const Pass& pass,
                 Saved* saved) const;
  // Of quantized x: the exact sums of products of codes, handed over block by
  // block while they are in a cache; y = float(sum) * SumScale(x).
  void ForwardSums(const QuantizedActivation& x, const Pass& pass,
                   ops::SumReader reader) const;
  float SumScale(const QuantizedActivation& x) const {
    return x.step * weight_steps_.At(x.bits);
  }
  // y's.
  Shape OutputShape(const QuantizedActivation& x, const Pass& pass) const;
  // Codes of the first rows and columns of the weight, [O,I,K,K]; `bits` at
  // most 8.
  TensorOf<int8_t> WeightCodes(int64_t out_channels, int64_t in_channels,
                               BitWidth bits) const;
  // Gradient by x_hat; those of the weight and its step are added.
  Tensor Backward(const OutputGradient& dy, const Saved& saved) const;
  // What dy may be multiplied with and rounded: of a pass with bf16 gradients.
  std::optional<float> RoundingFactor(const Saved& saved) const;

  // The same for a layer that has no one before it: instead of the gradient by
  // x_hat only its sum(dx_hat * e) for a given e, 0 for an empty one. As
  // sum(dy * conv(e, w_hat)) it costs a forward pass, which with few input
  // channels is the cheaper one by far.
  double BackwardAlong(const Tensor& dy, const Saved& saved,
                       const Tensor& e) const;

  // Sets every weight step to 2 * mean|w| / sqrt(Q_P) over the full-width
  // weight (LSQ, section 2.1).
  void InitializeWeightSteps() const;

  const std::string& name() const { return name_; }
  Parameter& weight() const { return *weight_; }
  const StepSizes& weight_steps() const { return weight_steps_; }

 private:
  ops::Conv2dGeometry GeometryFor(const Shape& x, int64_t out_channels) const;
  // The slice of a full-width tensor that such a convolution uses.
  View<float> Slice(const Tensor& full, const ops::Conv2dGeometry& g) const;
  Tensor FakeQuantizedWeight(const ops::Conv2dGeometry& g, BitWidth bits) const;
  // dw by the quantized weight and, unless it is null, dx_hat.
  void Gradients(const OutputGradient& dy, const Saved& saved, Tensor& dw,
                 Tensor* dx_hat) const;
  // The same of rounded dy: of codes and at full precision.
  void BackwardOfCodes(const ops::Conv2dBf16Gradients& gradients,
                       const TensorOf<ops::Bf16>& dy,
                       const QuantizedActivation& x, Tensor& dw,
                       Tensor* dx_hat) const;
  void BackwardBf16(const ops::Conv2dGeometry& g, const TensorOf<ops::Bf16>& dy,
                    const Tensor& x, Tensor& dw, Tensor* dx_hat) const;
  TensorOf<ops::Bf16> Rounded(const Tensor& v) const;
  // dw by the quantized weight becomes the weight's, in place, and is added.
  void AddWeightGradient(const Tensor& dw, const ops::Conv2dGeometry& g,
                         BitWidth bits) const;
  Profiler* profiler() const;

  std::string name_;
  std::map<int, int64_t> out_channels_at_;
  int kernel_, stride_, padding_;
  ConvPlans* plans_;
  Parameter* weight_;  // [O_full, I_full, K, K]
  StepSizes weight_steps_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_SLIMMABLE_CONV2D_H_
