#include "tests/deploy/small_supernet.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rtfq/deploy/freeze.h"
#include "rtfq/models/supernet_init.h"

namespace rtfq::test {
namespace {

constexpr int kClasses = 5;

NetworkConfig NetworkOf(const SmallSupernetOptions& options) {
  NetworkConfig network;
  network.set_family(options.family);
  if (options.family != NetworkConfig::TINY) return network;
  network.mutable_tiny()->set_bottleneck(options.bottleneck);
  for (size_t i = 0; i < options.stage_blocks.size(); ++i) {
    network.mutable_tiny()->add_stage_channels(8 << i);
    network.mutable_tiny()->add_stage_blocks(options.stage_blocks[i]);
  }
  return network;
}

// Activations between 0 and a few: steps that use the codes and cut some.
void Spread(Supernet& net) {
  Rng rng = Rng(2);
  for (Parameter& p : net.store().parameters()) {
    if (absl::StrContains(p.name, "input_step")) {
      const bool fine = absl::EndsWith(p.name, ".8");
      *p.value.data() = fine ? 0.013f : 0.17f;
    } else if (p.kind == ParameterKind::kBatchNormAffine) {
      const bool gamma = absl::EndsWith(p.name, ".weight");
      for (float& v : p.value.span()) {
        v = static_cast<float>(gamma ? rng.Uniform(0.5, 1.5)
                                     : rng.Uniform(-0.5, 0.5));
      }
    }
  }
  for (Buffer& b : net.store().buffers()) {
    const bool variance = absl::EndsWith(b.name, "running_var");
    for (float& v : b.value.span()) {
      v = static_cast<float>(variance ? rng.Uniform(0.3, 2)
                                      : rng.Uniform(-0.3, 0.3));
    }
  }
}

}  // namespace

SmallSupernet::SmallSupernet(const SmallSupernetOptions& options) {
  engine_ = Engine::Create(options.threads).value();
  plans_ = std::make_unique<ConvPlans>(*engine_);
  SearchSpaceConfig config;
  for (const int r : {32, 24}) config.add_resolutions(r);
  for (const int w : {100, 60}) config.add_width_percents(w);
  for (const int b : options.bits) config.add_bit_widths(b);
  net_ = std::make_unique<Supernet>(
      MakeResNetSpec(NetworkOf(options), kClasses).value(),
      SearchSpace::Create(config).value(), options.batch_norm, *plans_, false);
  InitializeRandomly(Rng(1), *net_);
  Spread(*net_);
}

Tensor SmallSupernet::Images(int64_t batch, int resolution,
                             uint64_t seed) const {
  Rng rng(seed);
  Tensor images = Tensor::Uninitialized({batch, resolution, resolution, 3});
  for (float& v : images.span()) v = static_cast<float>(rng.Normal());
  return images;
}

Tensor SmallSupernet::Logits(const SubnetConfig& subnet, const Tensor& images) {
  EXPECT_TRUE(net_->Prepare(subnet, images.shape()[0]).ok());
  Supernet::Saved saved;
  return net_->Forward(
      images,
      {.subnet = subnet, .domain = Domain::kTarget, .mode = Mode::kInference},
      saved);
}

BundleWriter SmallSupernet::Frozen() const {
  BundleWriter writer;
  const auto subnets = net_->space().All();
  const absl::Status status = Freeze(subnets, Domain::kTarget, *net_, writer);
  EXPECT_TRUE(status.ok()) << status;
  BundleHeader& header = writer.header();
  for (int i = 0; i < kClasses; ++i) {
    header.add_class_names(absl::StrCat("class ", i));
  }
  BundlePreprocessing& p = *header.mutable_preprocessing();
  p.set_resize(36);
  p.set_crop(32);
  for (int i = 0; i < 3; ++i) {
    p.add_mean(0.5f);
    p.add_std(0.25f);
  }
  return writer;
}

}  // namespace rtfq::test
