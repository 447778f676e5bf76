// One set of weights and all the subnets inside it.
#ifndef RTFQ_MODELS_SUPERNET_H_
#define RTFQ_MODELS_SUPERNET_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/models/batch_norm.pb.h"
#include "rtfq/models/batch_norm_switch.h"
#include "rtfq/models/conv_plans.h"
#include "rtfq/models/conv_unit.h"
#include "rtfq/models/parameter.h"
#include "rtfq/models/pass.h"
#include "rtfq/models/residual_block.h"
#include "rtfq/models/resnet_spec.h"
#include "rtfq/models/search_space.h"
#include "rtfq/models/slimmable_linear.h"

namespace rtfq {

// A slimmable, quantized ResNet with switchable, domain-specific batch norm
// (paper, section III). Parameter names are torchvision's, those of batch norms
// with domain and switch key inserted
// ("layer1.0.bn2.target.r64-w86-q6.weight").
//
// The life of a pass: Prepare() its plans once (may fail, slow), Forward(),
// perhaps Backward() (neither fails). Not thread-safe: passes move running
// statistics and gradients.
class Supernet {
 public:
  // All weights zero, batch norms the identity, steps 1: fill them with
  // supernet_init.h or from a checkpoint. `plans` must outlive the supernet.
  Supernet(const ResNetSpec& spec, const SearchSpace& space,
           const BatchNormConfig& batch_norm, ConvPlans& plans,
           bool with_gradients);

  struct Saved {
    QuantizedActivation images;
    ConvUnit::Saved stem;
    TensorOf<uint8_t> pool_winner;
    Shape pool_input{0};
    std::vector<ResidualBlock::Saved> blocks;
    Shape features_shape{0};
    QuantizedActivation features;
    SlimmableLinear::Saved classifier;
    // The first value that was not finite in Forward or Backward.
    std::optional<NonFinite> non_finite;
  };

  // Makes the convolution plans of such passes unless they are there.
  absl::Status Prepare(const SubnetConfig& subnet, int64_t batch,
                       Precision precision = Precision::kInteger);

  // images [N,R,R,3], normalised, R the subnet's resolution -> logits
  // [N,classes]. `saved` is filled for Backward in Mode::kTraining; its
  // non_finite in every mode.
  Tensor Forward(const Tensor& images, const Pass& pass, Saved& saved) const;

  // Adds the gradients of a loss whose gradient by the logits is given.
  void Backward(const Tensor& dlogits, Saved& saved) const;

  // Sets all weight steps from the weights.
  void InitializeWeightSteps() const;

  ParameterStore& store() const { return *store_; }
  const ResNetSpec& spec() const { return spec_; }
  const SearchSpace& space() const { return space_; }
  const BatchNormSwitch& switches() const { return *switches_; }
  const Engine& engine() const { return plans_->engine(); }
  ConvPlans& plans() const { return *plans_; }

  // For loading, calibration and export.
  const ActivationQuantizer& stem_quantizer() const { return *stem_quantizer_; }
  const ConvUnit& stem() const { return *stem_; }
  const std::vector<ResidualBlock>& blocks() const { return blocks_; }
  const ActivationQuantizer& classifier_quantizer() const {
    return *classifier_quantizer_;
  }
  const SlimmableLinear& classifier() const { return *classifier_; }
  // Every batch norm, in forward order.
  std::vector<const SwitchableBatchNorm*> batch_norms() const;
  // Every convolution, in forward order.
  std::vector<const SlimmableConv2d*> convolutions() const;

 private:
  // Stem and classifier keep 8 bits (spec, section 4).
  BitWidth OuterBits(const SubnetConfig& subnet) const {
    return IsQuantized(subnet.bits) ? BitWidth::k8 : BitWidth::kFloat;
  }
  void Build();

  ResNetSpec spec_;
  SearchSpace space_;
  ConvPlans* plans_;
  std::unique_ptr<ParameterStore> store_;
  std::unique_ptr<BatchNormSwitch> switches_;
  std::optional<ActivationQuantizer> stem_quantizer_;
  std::optional<ConvUnit> stem_;
  std::vector<ResidualBlock> blocks_;
  std::optional<ActivationQuantizer> classifier_quantizer_;
  std::optional<SlimmableLinear> classifier_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_SUPERNET_H_
