// One block of a residual network, basic or bottleneck.
#ifndef RTFQ_MODELS_RESIDUAL_BLOCK_H_
#define RTFQ_MODELS_RESIDUAL_BLOCK_H_

#include <optional>
#include <vector>

#include "rtfq/models/activation_quantizer.h"
#include "rtfq/models/conv_unit.h"
#include "rtfq/models/stored_activation.h"

namespace rtfq {

// out = relu(units(x) + shortcut(x)), a ReLU behind every unit but the last.
// Each unit has a quantizer in front of it; the shortcut's convolution, where
// there is one, reads the codes of the first (spec, section 4). The residual
// stream itself is not quantized.
class ResidualBlock {
 public:
  // One quantizer a unit.
  ResidualBlock(std::vector<ActivationQuantizer> quantizers,
                std::vector<ConvUnit> units, std::optional<ConvUnit> downsample)
      : quantizers_(std::move(quantizers)),
        units_(std::move(units)),
        downsample_(std::move(downsample)) {}

  struct Saved {
    // Of each unit; codes alone where it is quantized.
    std::vector<QuantizedActivation> inputs;
    std::vector<ConvUnit::Saved> units;
    ConvUnit::Saved downsample;
    StoredActivation in;   // [N,H,W,C], as the first quantizer read it
    StoredActivation out;  // [N,P,Q,C], the mask of the last ReLU
  };

  // `stored` is x for backward: what the block before saved as its `out`, so
  // that both are kept once. Only Mode::kTraining looks at it.
  Tensor Forward(const ThreadPool& threads, const Tensor& x,
                 const StoredActivation& stored, const Pass& pass, Saved& saved,
                 std::optional<NonFinite>* non_finite) const;
  // Gradient by x; dout is overwritten.
  Tensor Backward(const ThreadPool& threads, Tensor dout, const Saved& saved,
                  std::optional<NonFinite>* non_finite) const;

  const std::vector<ActivationQuantizer>& quantizers() const {
    return quantizers_;
  }
  const std::vector<ConvUnit>& units() const { return units_; }
  const std::optional<ConvUnit>& downsample() const { return downsample_; }

 private:
  std::vector<ActivationQuantizer> quantizers_;
  std::vector<ConvUnit> units_;
  std::optional<ConvUnit> downsample_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_RESIDUAL_BLOCK_H_
