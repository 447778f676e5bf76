#include "rtfq/models/supernet.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/models/supernet_init.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

constexpr int64_t kBatch = 4;

struct Fixture {
  explicit Fixture(std::vector<int> bits, int threads = 2,
                   BatchNormConfig batch_norm = {}) {
    engine = Engine::Create(threads).value();
    plans = std::make_unique<ConvPlans>(*engine);
    SearchSpaceConfig config;
    for (const int r : {32, 24}) config.add_resolutions(r);
    for (const int w : {100, 60}) config.add_width_percents(w);
    for (const int b : bits) config.add_bit_widths(b);
    NetworkConfig network;
    network.set_family(NetworkConfig::TINY);
    net = std::make_unique<Supernet>(MakeResNetSpec(network, 5).value(),
                                     SearchSpace::Create(config).value(),
                                     batch_norm, *plans, true);
    InitializeRandomly(Rng(1), *net);
    for (Parameter& p : net->store().parameters()) {
      if (absl::StrContains(p.name, "input_step")) *p.value.data() = 0.05f;
    }
  }

  Tensor Images(int resolution, uint64_t seed) const {
    Rng rng(seed);
    Tensor images = Tensor::Uninitialized({kBatch, resolution, resolution, 3});
    for (float& v : images.span()) v = static_cast<float>(rng.Normal());
    return images;
  }

  Tensor Logits(const Pass& pass, Supernet::Saved& saved, uint64_t seed = 9) {
    EXPECT_TRUE(net->Prepare(pass.subnet, kBatch, pass.precision).ok());
    return net->Forward(Images(pass.subnet.resolution, seed), pass, saved);
  }

  std::unique_ptr<Engine> engine;
  std::unique_ptr<ConvPlans> plans;
  std::unique_ptr<Supernet> net;
};

Pass PassOf(SubnetConfig subnet, Domain domain, Mode mode) {
  Pass pass;
  pass.subnet = subnet;
  pass.domain = domain;
  pass.mode = mode;
  return pass;
}

TEST(SupernetTest, HasTorchvisionsParameterNames) {
  Fixture f({8, 4});
  for (const char* name :
       {"conv1.weight", "layer1.0.conv1.weight", "layer4.0.conv3.weight",
        "layer2.0.downsample.0.weight", "fc.weight", "fc.bias",
        "bn1.source.r32-w100-q8.weight", "fc.weight_step.8",
        "layer3.0.bn2.target.r24-w60-q4.bias", "layer1.0.conv1.input_step.4"}) {
    EXPECT_NE(f.net->store().Find(name), nullptr) << name;
  }
  EXPECT_NE(f.net->store().FindBuffer(
                "layer1.0.downsample.1.target.r24-w60-q4.running_var"),
            nullptr);
  EXPECT_EQ(f.net->store().Find("fc.weight_step.4"), nullptr);
  EXPECT_EQ(f.net->store().Find("layer1.0.downsample.0.input_step.4"), nullptr);
}

// AnyDA's code mixes the domains up; here each has its own statistics.
TEST(SupernetTest, DomainsStatisticsDifferAfterOneStep) {
  Fixture f({8});
  const SubnetConfig subnet = f.net->space().Largest();
  Supernet::Saved source, target;
  f.Logits(PassOf(subnet, Domain::kSource, Mode::kTraining), source, 1);
  f.Logits(PassOf(subnet, Domain::kTarget, Mode::kTraining), target, 2);
  for (const SwitchableBatchNorm* bn : f.net->batch_norms()) {
    const Tensor& a = bn->BankOf(Domain::kSource, 0).running_mean->value;
    const Tensor& b = bn->BankOf(Domain::kTarget, 0).running_mean->value;
    EXPECT_FALSE(test::HaveSameBits(a.span(), b.span())) << bn->name();
  }
}

TEST(SupernetTest, APassMovesNoOtherBank) {
  Fixture f({8, 4});
  const SubnetConfig subnet = f.net->space().Smallest();
  Supernet::Saved saved;
  const Tensor logits =
      f.Logits(PassOf(subnet, Domain::kSource, Mode::kTraining), saved);
  f.net->Backward(Tensor::Filled(logits.shape(), 0.1f), saved);
  for (const Parameter& p : f.net->store().parameters()) {
    if (p.kind != ParameterKind::kBatchNormAffine) continue;
    EXPECT_EQ(p.touched, absl::StrContains(p.name, ".source.r24-w60-q4."))
        << p.name;
  }
  for (const Buffer& b : f.net->store().buffers()) {
    const bool moved = b.value.data()[0] !=
                       (absl::StrContains(b.name, "running_var") ? 1.0f : 0.0f);
    EXPECT_EQ(moved, absl::StrContains(b.name, ".source.r24-w60-q4."))
        << b.name;
  }
}

TEST(SupernetTest, GradientsOutsideAPrefixAreZero) {
  Fixture f({8});
  Supernet::Saved saved;
  const Tensor logits = f.Logits(
      PassOf(f.net->space().Smallest(), Domain::kSource, Mode::kTraining),
      saved);
  Rng rng(4);
  Tensor d = Tensor::Uninitialized(logits.shape());
  for (float& v : d.span()) v = static_cast<float>(rng.Normal());
  f.net->Backward(d, saved);
  const auto sliced = ConvSpecsAt(f.net->spec(), 24, 60);
  const auto convs = f.net->convolutions();
  for (size_t i = 0; i < convs.size(); ++i) {
    const Tensor& g = convs[i]->weight().gradient;
    const int64_t area = g.shape()[2] * g.shape()[3];
    double inside = 0, outside = 0;
    for (int64_t j = 0; j < g.count(); ++j) {
      const int64_t in = j / area % g.shape()[1];
      const int64_t out = j / area / g.shape()[1];
      const bool used =
          in < sliced[i].in_channels && out < sliced[i].out_channels;
      (used ? inside : outside) += std::abs(g.data()[j]);
    }
    EXPECT_GT(inside, 0) << sliced[i].name;
    EXPECT_EQ(outside, 0) << sliced[i].name;
  }
}

TEST(SupernetTest, InferenceAndTheTeachersPassChangeNothing) {
  Fixture f({8, 4});
  std::vector<Tensor> before;
  for (const Buffer& b : f.net->store().buffers())
    before.push_back(b.value.Clone());
  for (const Mode mode : {Mode::kInference, Mode::kBatchStatistics}) {
    Supernet::Saved saved;
    f.Logits(PassOf(f.net->space().Largest(), Domain::kTarget, mode), saved);
  }
  size_t i = 0;
  for (const Buffer& b : f.net->store().buffers()) {
    EXPECT_THAT(b.value, test::HasBitsOf(before[i++])) << b.name;
  }
}

TEST(SupernetTest, CalibrationForgetsAndAverages) {
  Fixture f({8});
  const SubnetConfig subnet = f.net->space().Largest();
  const auto mean_of = [&](std::vector<uint64_t> seeds, float stale) {
    const auto& bank = f.net->stem().bn().BankOf(Domain::kTarget, 0);
    for (float& v : bank.running_mean->value.span()) v = stale;
    int64_t k = 0;
    for (const uint64_t seed : seeds) {
      Pass pass = PassOf(subnet, Domain::kTarget, Mode::kCalibration);
      pass.calibration_batch = k++;
      Supernet::Saved saved;
      f.Logits(pass, saved, seed);
    }
    return test::DoublesOf(bank.running_mean->value);
  };
  const auto a = mean_of({1}, 100), b = mean_of({2}, -7),
             both = mean_of({1, 2}, 5);
  for (size_t c = 0; c < both.size(); ++c) {
    EXPECT_NEAR(both[c], (a[c] + b[c]) / 2, 4 * test::kRounding);
  }
}

// The loss sum(logits * d) of the float network is smooth but for ReLUs and
// max pools that change sides; a small difference along one direction through
// all weights must agree with the gradient.
TEST(SupernetTest, FloatGradientMatchesDifferences) {
  Fixture f({32});
  const Pass pass =
      PassOf(f.net->space().At(1), Domain::kSource, Mode::kTraining);
  Supernet::Saved saved;
  const Tensor logits = f.Logits(pass, saved);
  Rng rng(8);
  Tensor d = Tensor::Uninitialized(logits.shape());
  for (float& v : d.span()) v = static_cast<float>(rng.Normal());
  f.net->Backward(d, saved);
  const auto loss = [&] {
    Supernet::Saved unused;
    const Tensor z = f.Logits(pass, unused);
    double sum = 0;
    for (int64_t i = 0; i < z.count(); ++i)
      sum += double{z.data()[i]} * d.data()[i];
    return sum;
  };
  for (const char* name :
       {"fc.weight", "layer4.0.conv2.weight", "layer2.0.downsample.0.weight",
        "conv1.weight", "layer3.0.bn1.source.r32-w60-q32.weight"}) {
    Parameter& p = *f.net->store().Find(name);
    std::vector<float> direction(p.value.count());
    double slope = 0, norm = 0;
    for (int64_t i = 0; i < p.value.count(); ++i) {
      direction[i] = p.gradient.data()[i];
      slope += double{p.gradient.data()[i]} * direction[i];
      norm += double{direction[i]} * direction[i];
    }
    const Tensor start = p.value.Clone();
    const double h = 2e-5 / std::sqrt(norm);
    const auto at = [&](double t) {
      for (int64_t i = 0; i < p.value.count(); ++i) {
        p.value.data()[i] =
            static_cast<float>(start.data()[i] + t * direction[i]);
      }
      return loss();
    };
    const double difference = (at(h) - at(-h)) / (2 * h);
    at(0);
    EXPECT_NEAR(difference / slope, 1, 0.02) << name;
  }
}

TEST(SupernetTest, IntegerForwardIsTheFakeQuantizedOne) {
  Fixture f({8, 6, 4});
  for (const SubnetConfig& subnet : f.net->space().All()) {
    Pass pass = PassOf(subnet, Domain::kTarget, Mode::kInference);
    pass.precision = Precision::kFloat;
    Supernet::Saved saved;
    const Tensor fake = f.Logits(pass, saved);
    pass.precision = Precision::kInteger;
    const Tensor integer = f.Logits(pass, saved);
    // The sums differ in their last bits, which may move a code next to a tie:
    // one code in eight bits of one of 16 layers.
    EXPECT_THAT(integer,
                test::IsCloseTo(test::DoublesOf(fake),
                                test::ErrorBound{.relative_to_max = 0.02}))
        << subnet.ToString();
  }
}

// The weights' gradients of one pass, in a row.
std::vector<float> GradientsOf(Fixture& f, Precision precision,
                               ActivationStorage storage) {
  f.net->store().ZeroGradients();
  Supernet::Saved saved;
  Pass pass =
      PassOf(f.net->space().Smallest(), Domain::kSource, Mode::kTraining);
  pass.precision = precision;
  pass.storage = storage;
  const Tensor logits = f.Logits(pass, saved);
  Tensor dlogits = Tensor::Zeros(logits.shape());
  for (int64_t i = 0; i < kBatch; ++i) dlogits.data()[i * 5 + i] = 1;
  f.net->Backward(dlogits, saved);
  std::vector<float> gradients;
  for (const Parameter& p : f.net->store().parameters()) {
    if (!p.touched || p.kind != ParameterKind::kWeight) continue;
    const std::span<const float> g = p.gradient.span();
    gradients.insert(gradients.end(), g.begin(), g.end());
  }
  return gradients;
}

// |a - b| / |a|
double RelativeDistance(const std::vector<float>& a,
                        const std::vector<float>& b) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(double{b[i]} - a[i], 2);
    norm += std::pow(double{a[i]}, 2);
  }
  return std::sqrt(difference / norm);
}

// Names and shapes of what a pass reads.
class Reading : public CodeWatcher {
 public:
  void Reads(const std::string& layer,
             const TensorOf<uint8_t>& codes) override {
    layers.push_back(layer + " " + codes.shape().ToString());
  }
  std::vector<std::string> layers;
};

TEST(SupernetTest, AWatcherIsToldOfTheSameCodesInEveryPrecisionAndMode) {
  Fixture f({8, 4});
  const SubnetConfig subnet = f.net->space().Smallest();
  std::vector<std::string> layers;
  for (const Precision precision : {Precision::kInteger, Precision::kFloat}) {
    for (const Mode mode : {Mode::kInference, Mode::kTraining}) {
      Reading reading;
      Pass pass = PassOf(subnet, Domain::kTarget, mode);
      pass.precision = precision;
      pass.watcher = &reading;
      Supernet::Saved saved;
      f.Logits(pass, saved);
      if (layers.empty()) layers = reading.layers;
      EXPECT_EQ(reading.layers, layers);
    }
  }
  // As many as there are batch norms, and the classifier.
  ASSERT_EQ(layers.size(), f.net->batch_norms().size() + 1);
  EXPECT_EQ(layers.front(), "conv1 [4,24,24,3]");
  EXPECT_TRUE(absl::StartsWith(layers.back(), "fc [4,")) << layers.back();
}

// What bf16 gradients lose: dy is off by at most 2^-8 of itself in front of
// every convolution, and of those in a row, stem to last, the relative errors
// add up.
TEST(SupernetTest, GradientsFromBf16AreThoseOfF32ButForRounding) {
  Fixture f({8, 4});
  const auto convolutions = static_cast<double>(f.net->convolutions().size());
  const std::vector<float> exact =
      GradientsOf(f, Precision::kInteger, ActivationStorage::kF32);
  const std::vector<float> rounded =
      GradientsOf(f, Precision::kIntegerBf16, ActivationStorage::kF32);
  ASSERT_EQ(exact.size(), rounded.size());
  EXPECT_NE(exact, rounded);
  EXPECT_LE(RelativeDistance(exact, rounded), convolutions * std::ldexp(1, -8));
}

// A value rounded to 2^-8 of itself may end on the other side of a threshold of
// ReLU or quantizer: of one in 2^8 or so, whose gradient is then wholly wrong.
TEST(SupernetTest, GradientsFromRoundedActivationsAreNearlyThoseOfF32) {
  Fixture f({8, 4});
  const auto convolutions = static_cast<double>(f.net->convolutions().size());
  const std::vector<float> exact =
      GradientsOf(f, Precision::kInteger, ActivationStorage::kF32);
  const std::vector<float> rounded =
      GradientsOf(f, Precision::kInteger, ActivationStorage::kBf16);
  ASSERT_EQ(exact.size(), rounded.size());
  EXPECT_NE(exact, rounded);
  EXPECT_LE(RelativeDistance(exact, rounded),
            std::sqrt(convolutions * std::ldexp(1, -8)));
}

// Of one convolution at full precision: y, dx and dw.
std::vector<Tensor> OneConvolution(const Fixture& f, Precision precision) {
  const SlimmableConv2d& conv = *f.net->convolutions()[1];
  const SubnetConfig subnet = f.net->space().Largest();
  const ConvSpec spec =
      ConvSpecsAt(f.net->spec(), subnet.resolution, subnet.width_percent)[1];
  EXPECT_TRUE(f.net->Prepare(subnet, kBatch, precision).ok());
  Pass pass = PassOf(subnet, Domain::kSource, Mode::kTraining);
  pass.precision = precision;
  Rng rng(9);
  const auto random = [&rng](const Shape& shape) {
    Tensor t = Tensor::Uninitialized(shape);
    for (float& v : t.span()) v = static_cast<float>(rng.Normal());
    return t;
  };
  QuantizedActivation x;
  x.value = random({kBatch, spec.in_size, spec.in_size, spec.in_channels});
  SlimmableConv2d::Saved saved;
  const Tensor y = conv.Forward(x, pass, &saved);
  f.net->store().ZeroGradients();
  const Tensor dx =
      conv.Backward({.exact = random(y.shape()), .rounded = {}}, saved);
  return {y, dx, conv.weight().gradient.Clone()};
}

// Both factors of every product are off by at most 2^-8 of themselves, half as
// much in the mean, and errors of many products cancel.
TEST(SupernetTest, AtFullPrecisionBf16RoundsBothFactors) {
  Fixture f({32});
  const std::vector<Tensor> exact = OneConvolution(f, Precision::kInteger);
  const std::vector<Tensor> rounded =
      OneConvolution(f, Precision::kIntegerBf16);
  for (size_t i = 0; i < exact.size(); ++i) {
    const std::vector<float> a(exact[i].span().begin(), exact[i].span().end());
    const std::vector<float> b(rounded[i].span().begin(),
                               rounded[i].span().end());
    EXPECT_NE(a, b) << i;
    EXPECT_LE(RelativeDistance(a, b), std::ldexp(1, -8)) << i;
  }
}

// Thresholds make more of it through all layers, of four small images above
// all; a wrong factor or tensor would be off by its own size.
TEST(SupernetTest, AtFullPrecisionOnlyTrainingRoundsToBf16) {
  Fixture f({32});
  const std::vector<float> exact =
      GradientsOf(f, Precision::kInteger, ActivationStorage::kF32);
  const std::vector<float> rounded =
      GradientsOf(f, Precision::kIntegerBf16, ActivationStorage::kF32);
  ASSERT_EQ(exact.size(), rounded.size());
  EXPECT_NE(exact, rounded);
  EXPECT_LE(RelativeDistance(exact, rounded), 0.5);

  for (const Mode mode : {Mode::kInference, Mode::kBatchStatistics}) {
    std::vector<Tensor> logits;
    for (const Precision precision :
         {Precision::kInteger, Precision::kIntegerBf16}) {
      Supernet::Saved saved;
      Pass pass = PassOf(f.net->space().Largest(), Domain::kSource, mode);
      pass.precision = precision;
      logits.push_back(f.Logits(pass, saved));
    }
    EXPECT_THAT(logits[1], test::HasBitsOf(logits[0]));
  }
}

TEST(SupernetTest, BitsDoNotDependOnTheNumberOfThreads) {
  std::vector<Tensor> first;
  for (const int threads : {1, 3}) {
    Fixture f({8, 4}, threads);
    for (const SubnetConfig& subnet :
         {f.net->space().Largest(), f.net->space().Smallest()}) {
      Supernet::Saved saved;
      const Tensor logits =
          f.Logits(PassOf(subnet, Domain::kTarget, Mode::kTraining), saved);
      f.net->Backward(Tensor::Filled(logits.shape(), 0.25f), saved);
    }
    size_t i = 0;
    for (const Parameter& p : f.net->store().parameters()) {
      if (threads == 1) {
        first.push_back(p.gradient);
      } else {
        EXPECT_THAT(p.gradient, test::HasBitsOf(first[i++])) << p.name;
      }
    }
  }
}

TEST(SupernetTest, EveryWayToSwitchBatchNormRuns) {
  for (int mask = 0; mask < 16; ++mask) {
    BatchNormConfig config;
    config.set_switch_on_width(mask & 1);
    config.set_switch_on_resolution(mask & 2);
    config.set_switch_on_bits(mask & 4);
    if (mask & 8) config.set_affine(BatchNormConfig::SHARED_PREFIX);
    Fixture f({8, 4}, 2, config);
    const int keys =
        (mask & 1 ? 2 : 1) * (mask & 2 ? 2 : 1) * (mask & 4 ? 2 : 1);
    EXPECT_EQ(f.net->switches().num_keys(), keys);
    Supernet::Saved saved;
    const Tensor logits = f.Logits(
        PassOf(f.net->space().Smallest(), Domain::kTarget, Mode::kTraining),
        saved);
    f.net->Backward(Tensor::Filled(logits.shape(), 1.0f), saved);
    EXPECT_FALSE(saved.non_finite.has_value());
  }
}

TEST(SupernetTest, NamesTheLayerOfAValueThatIsNotFinite) {
  Fixture f({32});
  f.net->store().Find("layer2.0.conv2.weight")->value.data()[0] = INFINITY;
  Supernet::Saved saved;
  f.Logits(PassOf(f.net->space().Largest(), Domain::kSource, Mode::kTraining),
           saved);
  ASSERT_TRUE(saved.non_finite.has_value());
  EXPECT_EQ(saved.non_finite->layer, "layer2.0.bn2");
}

}  // namespace
}  // namespace rtfq
