#include "rtfq/models/supernet.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/profiler.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/activation.h"
#include "rtfq/ops/pooling.h"
#include "rtfq/ops/pooling_backward.h"

namespace rtfq {
namespace {

// Makes the parts of a supernet in forward order.
class Builder {
 public:
  Builder(const ResNetSpec& spec, const SearchSpace& space,
          ParameterStore& store, ConvPlans& plans,
          const BatchNormSwitch& switches)
      : space_(space),
        store_(store),
        plans_(plans),
        switches_(switches),
        full_(ConvSpecsAt(spec, space.Largest().resolution, 100)) {
    std::vector<int> widths = space.width_percents();
    widths.push_back(100);  // banks of batch norms not switched by width
    for (const int width : widths) {
      const auto sliced = ConvSpecsAt(spec, space.Largest().resolution, width);
      for (const ConvSpec& conv : sliced) {
        out_channels_[conv.name][width] = conv.out_channels;
      }
    }
  }

  // The next convolution in forward order, whose name must be `name`.
  ConvUnit Unit(const std::string& name,
                const std::vector<BitWidth>& bit_widths) {
    const ConvSpec& conv = full_[next_++];
    RTFQ_CHECK(conv.name == name);
    const std::map<int, int64_t>& widths = out_channels_.at(name);
    std::vector<int64_t> channels;
    for (int key = 0; key < switches_.num_keys(); ++key) {
      channels.push_back(widths.at(switches_.WidthPercentOf(key)));
    }
    SlimmableConv2d convolution(store_, plans_, conv, widths, bit_widths);
    SwitchableBatchNorm bn(store_, conv.bn_name, switches_, channels);
    return ConvUnit(std::move(convolution), std::move(bn));
  }

  ResidualBlock Block(const std::string& prefix, int num_units) {
    const std::vector<BitWidth>& bits = space_.bit_widths();
    std::vector<ActivationQuantizer> quantizers;
    std::vector<ConvUnit> units;
    for (int i = 1; i <= num_units; ++i) {
      const std::string name = absl::StrCat(prefix, ".conv", i);
      units.push_back(Unit(name, bits));
      quantizers.emplace_back(store_, name, Sign::kUnsigned, bits);
    }
    std::optional<ConvUnit> downsample;
    const std::string shortcut = prefix + ".downsample.0";
    if (next_ < full_.size() && full_[next_].name == shortcut) {
      downsample = Unit(shortcut, bits);
    }
    return ResidualBlock(std::move(quantizers), std::move(units),
                         std::move(downsample));
  }

  bool done() const { return next_ == full_.size(); }

 private:
  const SearchSpace& space_;
  ParameterStore& store_;
  ConvPlans& plans_;
  const BatchNormSwitch& switches_;
  std::vector<ConvSpec> full_;
  std::map<std::string, std::map<int, int64_t>> out_channels_;
  size_t next_ = 0;
};

}  // namespace

Supernet::Supernet(const ResNetSpec& spec, const SearchSpace& space,
                   const BatchNormConfig& batch_norm, ConvPlans& plans,
                   bool with_gradients)
    : spec_(spec),
      space_(space),
      plans_(&plans),
      store_(std::make_unique<ParameterStore>(with_gradients)),
      switches_(std::make_unique<BatchNormSwitch>(space, batch_norm)) {
  Build();
}

void Supernet::Build() {
  std::vector<BitWidth> outer_bits;
  if (!space_.is_float()) outer_bits = {BitWidth::k8};
  Builder builder(spec_, space_, *store_, *plans_, *switches_);
  stem_.emplace(builder.Unit("conv1", outer_bits));
  stem_quantizer_.emplace(*store_, "conv1", Sign::kSigned, outer_bits);
  const int num_units = spec_.block == BlockKind::kBottleneck ? 3 : 2;
  for (size_t stage = 0; stage < spec_.stages.size(); ++stage) {
    for (int block = 0; block < spec_.stages[stage].blocks; ++block) {
      blocks_.push_back(builder.Block(
          absl::StrCat("layer", stage + 1, ".", block), num_units));
    }
  }
  RTFQ_CHECK(builder.done());
  classifier_.emplace(*store_, "fc", spec_.num_classes, FeaturesAt(spec_, 100),
                      outer_bits);
  classifier_quantizer_.emplace(*store_, "fc", Sign::kUnsigned, outer_bits);
}

absl::Status Supernet::Prepare(const SubnetConfig& subnet, int64_t batch,
                               Precision precision) {
  const std::vector<ConvSpec> sliced =
      ConvSpecsAt(spec_, subnet.resolution, subnet.width_percent);
  const std::vector<const SlimmableConv2d*> convs = convolutions();
  RTFQ_CHECK(sliced.size() == convs.size());
  for (size_t i = 0; i < convs.size(); ++i) {
    const bool stem = sliced[i].role == ConvRole::kStem;
    const absl::Status status = convs[i]->Prepare(
        sliced[i], batch, stem ? OuterBits(subnet) : subnet.bits, precision);
    RTFQ_RETURN_IF_ERROR(Annotate(
        status, absl::StrCat(subnet.ToString(), ", ", sliced[i].name)));
  }
  return absl::OkStatus();
}

Tensor Supernet::Forward(const Tensor& images, const Pass& pass,
                         Saved& saved) const {
  const ThreadPool& threads = engine().threads();
  const bool training = pass.mode == Mode::kTraining;
  const ProfileScope whole(threads.profiler(), Work::kOther, "forward");
  const BitWidth outer_bits = OuterBits(pass.subnet);
  std::optional<NonFinite>* non_finite = &saved.non_finite;

  QuantizedActivation input =
      stem_quantizer_->Forward(threads, images, outer_bits, pass);
  Tensor x = stem_->Forward(threads, input, pass, /*relu=*/true, saved.stem,
                            non_finite);
  if (spec_.max_pool) {
    const ProfileScope scope(threads.profiler(), Work::kPool);
    const Shape in = x.shape();
    Tensor pooled =
        Tensor::Uninitialized({in[0], (in[1] + 1) / 2, (in[2] + 1) / 2, in[3]});
    if (training) {
      saved.pool_input = in;
      saved.pool_winner = TensorOf<uint8_t>::Uninitialized(pooled.shape());
    }
    ops::MaxPool(threads, x, pooled,
                 training ? saved.pool_winner.view() : View<uint8_t>());
    x = pooled;
  }
  saved.blocks.resize(blocks_.size());
  StoredActivation stored;
  if (training) stored = StoredActivation(threads, x, pass.storage);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i].Forward(threads, x, stored, pass, saved.blocks[i],
                           non_finite);
    stored = saved.blocks[i].out;
  }
  const ProfileScope scope(threads.profiler(), Work::kClassifier);
  Tensor features = Tensor::Uninitialized({x.shape()[0], x.shape()[3]});
  ops::GlobalAveragePool(threads, x, features);
  QuantizedActivation read =
      classifier_quantizer_->Forward(threads, features, outer_bits, pass);
  TellReads(pass, "fc", read);
  Tensor logits = classifier_->Forward(threads, read, pass.precision,
                                       training ? &saved.classifier : nullptr);
  if (training) {
    saved.images = std::move(input);
    saved.features_shape = x.shape();
    saved.features = std::move(read);
  }
  return logits;
}

void Supernet::Backward(const Tensor& dlogits, Saved& saved) const {
  const ThreadPool& threads = engine().threads();
  const ProfileScope whole(threads.profiler(), Work::kOther, "backward");
  std::optional<NonFinite>* non_finite = &saved.non_finite;
  Tensor d = Tensor::Uninitialized(saved.features_shape);
  {
    const ProfileScope scope(threads.profiler(), Work::kClassifier);
    Tensor dfeatures =
        classifier_->Backward(threads, dlogits, saved.classifier);
    dfeatures = classifier_quantizer_->Backward(threads, saved.features,
                                                std::move(dfeatures));
    ops::GlobalAveragePoolBackward(threads, dfeatures, d);
  }
  for (size_t i = blocks_.size(); i-- > 0;) {
    d = blocks_[i].Backward(threads, std::move(d), saved.blocks[i], non_finite);
    saved.blocks[i] = {};  // its memory serves the blocks below
  }
  if (spec_.max_pool) {
    const ProfileScope scope(threads.profiler(), Work::kPool);
    Tensor unpooled = Tensor::Uninitialized(saved.pool_input);
    ops::MaxPoolBackward(threads, saved.pool_winner, d, unpooled);
    d = std::move(unpooled);
  }
  // Of the images' gradient nobody learns but their step.
  const Tensor e = stem_quantizer_->StepResidual(threads, saved.images);
  stem_quantizer_->AddStepGradientFrom(
      saved.images,
      stem_->BackwardAlong(threads, std::move(d), saved.stem, e, non_finite));
}

void Supernet::InitializeWeightSteps() const {
  for (const SlimmableConv2d* conv : convolutions()) {
    conv->InitializeWeightSteps();
  }
  classifier_->InitializeWeightSteps(engine().threads());
}

std::vector<const SwitchableBatchNorm*> Supernet::batch_norms() const {
  std::vector<const SwitchableBatchNorm*> all = {&stem_->bn()};
  for (const ResidualBlock& block : blocks_) {
    for (const ConvUnit& unit : block.units()) all.push_back(&unit.bn());
    if (block.downsample()) all.push_back(&block.downsample()->bn());
  }
  return all;
}

std::vector<const SlimmableConv2d*> Supernet::convolutions() const {
  std::vector<const SlimmableConv2d*> all = {&stem_->conv()};
  for (const ResidualBlock& block : blocks_) {
    for (const ConvUnit& unit : block.units()) all.push_back(&unit.conv());
    if (block.downsample()) all.push_back(&block.downsample()->conv());
  }
  return all;
}

}  // namespace rtfq
