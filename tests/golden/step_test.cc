// One whole training step of a tiny supernet against an independent oracle:
// quantized and at full precision, with f32 and with exact integer forwards.
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/models/supernet.h"
#include "rtfq/train/optimizer.h"
#include "rtfq/train/train_step.h"
#include "tests/golden/golden_files.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

// What the oracle's own code differs by between float32 and float64, largest
// |difference| over largest |value| of a tensor (tests/golden/README.md). The
// factor allows for other orders of summation: oneDNN blocks channels by 8 or
// 16 where the oracle's sums run straight.
constexpr double kOrderFactor = 8;

struct Case {
  const char* name;
  bool quantized;
  Precision precision;
  // Worst float32 differences of the README's tables.
  double logits, losses, weight_gradient, affine_gradient, step_gradient;
  double after, running;
};

constexpr Case kCases[] = {
    {"QuantizedF32", true, Precision::kFloat, 6e-7, 9e-7, 2e-6, 8e-6, 2e-6,
     1e-6, 1e-7},
    {"QuantizedInteger", true, Precision::kInteger, 6e-7, 9e-7, 2e-6, 8e-6,
     2e-6, 1e-6, 1e-7},
    {"FullPrecision", false, Precision::kFloat, 2e-5, 1e-5, 9e-6, 3e-5, 0, 4e-6,
     7e-7},
};

Tensor ToNhwc(const Tensor& x) {
  const Shape s = x.shape();
  Tensor y = Tensor::Uninitialized({s[0], s[2], s[3], s[1]});
  for (int64_t n = 0; n < s[0]; ++n)
    for (int64_t c = 0; c < s[1]; ++c)
      for (int64_t h = 0; h < s[2]; ++h)
        for (int64_t w = 0; w < s[3]; ++w)
          y.data()[((n * s[2] + h) * s[3] + w) * s[1] + c] =
              x.data()[((n * s[1] + c) * s[2] + h) * s[3] + w];
  return y;
}

class StepTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    state_ = ReadGolden("step_tiny.safetensors");
    expected_ = GetParam().quantized
                    ? state_
                    : ReadGolden("step_tiny_fp32q.safetensors");
    engine_ = Engine::Create(2).value();
    plans_ = std::make_unique<ConvPlans>(*engine_);
    SearchSpaceConfig space;
    for (const int r : {64, 56, 48, 40}) space.add_resolutions(r);
    for (const int w : {100, 86, 73, 60}) space.add_width_percents(w);
    if (GetParam().quantized) {
      for (const int b : {8, 6, 4}) space.add_bit_widths(b);
    } else {
      space.add_bit_widths(32);
    }
    space_ = std::make_unique<SearchSpace>(SearchSpace::Create(space).value());
    NetworkConfig network;
    network.set_family(NetworkConfig::TINY);
    const ResNetSpec spec = MakeResNetSpec(network, 7).value();
    student_ = MakeNet(spec, "student", true);
    teacher_ = MakeNet(spec, "teacher", false);
  }

  std::unique_ptr<Supernet> MakeNet(const ResNetSpec& spec,
                                    const std::string& prefix,
                                    bool with_gradients) {
    auto net = std::make_unique<Supernet>(spec, *space_, BatchNormConfig(),
                                          *plans_, with_gradients);
    int filled = 0;
    const auto fill = [&](const std::string& name, const Tensor& value) {
      const std::string stored = absl::StrCat(prefix, "/", StateName(name));
      if (state_.Find(stored) == nullptr) return;
      EXPECT_TRUE(state_.CopyF32(stored, value.view()).ok()) << stored;
      ++filled;
    };
    for (Parameter& p : net->store().parameters()) fill(p.name, p.value);
    for (Buffer& b : net->store().buffers()) fill(b.name, b.value);
    EXPECT_GT(filled, 100);
    return net;
  }

  // At full precision the banks begin as those of 8, 6 and 4 bits.
  static std::string StateName(const std::string& name) {
    static const std::map<std::string, std::string> kBits = {
        {"r64-w100-q32", "r64-w100-q8"},
        {"r56-w86-q32", "r56-w86-q6"},
        {"r48-w73-q32", "r48-w73-q4"},
        {"r40-w60-q32", "r40-w60-q4"}};
    return absl::StrReplaceAll(name, kBits);
  }

  std::vector<SampledSubnet> Sampled() const {
    const auto bits = [](int b) {
      return GetParam().quantized ? static_cast<BitWidth>(b) : BitWidth::kFloat;
    };
    return {{{64, 100, bits(8)}, SubnetRole::kLargest},
            {{56, 86, bits(6)}, SubnetRole::kIntermediate},
            {{48, 73, bits(4)}, SubnetRole::kIntermediate},
            {{40, 60, bits(4)}, SubnetRole::kSmallest}};
  }

  PairedBatch Batch() const {
    PairedBatch batch;
    batch.source.images = ToNhwc(state_.ReadF32("input/source_images").value());
    batch.source.labels = state_.ReadInts("input/source_labels").value();
    batch.target.images = ToNhwc(state_.ReadF32("input/target_images").value());
    batch.target.labels.assign(batch.target.images.shape()[0], -1);
    return batch;
  }

  // Compares with `group`/`name` where the file has it; counts.
  void Compare(const std::string& name, std::span<const float> actual,
               double difference, double magnitude = 0) {
    const auto values = expected_.ReadDoubles(name);
    ASSERT_TRUE(values.ok()) << values.status();
    ++compared_[name.substr(0, name.find('/'))];
    test::ErrorBound bound = {.relative_to_max = kOrderFactor * difference};
    if (magnitude > 0) {
      bound = {.absolute = kOrderFactor * difference * magnitude};
    }
    EXPECT_THAT(actual, test::IsCloseTo(*values, bound)) << name;
  }

  void CompareStore(Supernet& net, const std::string& group) {
    const Case& c = GetParam();
    for (const auto& [name, entry] : expected_.entries()) {
      if (name.rfind(group + "/", 0) != 0) continue;
      const std::string inner = name.substr(group.size() + 1);
      if (Parameter* p = net.store().Find(inner); p != nullptr) {
        Compare(name, p->value.span(), c.after);
      } else {
        Buffer* b = net.store().FindBuffer(inner);
        ASSERT_NE(b, nullptr) << name;
        Compare(name, b->value.span(), c.running);
      }
    }
  }

  void CompareGradients() {
    const Case& c = GetParam();
    for (const auto& [name, entry] : expected_.entries()) {
      if (name.rfind("gradient/", 0) != 0) continue;
      const std::string inner = name.substr(9);
      Parameter* p = student_->store().Find(inner);
      ASSERT_NE(p, nullptr) << name;
      EXPECT_TRUE(p->touched) << name;
      switch (p->kind) {
        case ParameterKind::kStep:
          Compare(
              name, p->gradient.span(), c.step_gradient,
              expected_.ReadDoubles("gradient_magnitude/" + inner).value()[0]);
          break;
        case ParameterKind::kBatchNormAffine:
          Compare(name, p->gradient.span(), c.affine_gradient);
          break;
        case ParameterKind::kWeight:
          Compare(name, p->gradient.span(), c.weight_gradient);
          break;
      }
    }
  }

  void CompareLogits(Supernet& net, const SubnetConfig& subnet, Domain domain,
                     const std::string& name) {
    ASSERT_TRUE(net.Prepare(subnet, 6, GetParam().precision).ok());
    ops::ImagesAt images(engine_->threads(), domain == Domain::kSource
                                                 ? Batch().source.images
                                                 : Batch().target.images);
    Supernet::Saved saved;
    const Tensor logits = net.Forward(images.Resolution(subnet.resolution),
                                      {.subnet = subnet,
                                       .domain = domain,
                                       .mode = Mode::kBatchStatistics,
                                       .precision = GetParam().precision},
                                      saved);
    Compare(name, logits.span(), GetParam().logits);
  }

  std::map<std::string, int> compared_;
  SafetensorsFile state_ = ReadGolden("step_tiny.safetensors");
  SafetensorsFile expected_ = state_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<ConvPlans> plans_;
  std::unique_ptr<SearchSpace> space_;
  std::unique_ptr<Supernet> student_, teacher_;
};

TEST_P(StepTest, LogitsMatch) {
  for (const SampledSubnet& sampled : Sampled()) {
    const std::string name = sampled.subnet.ToString();
    const std::string group = absl::StrCat("expected/", name);
    CompareLogits(*student_, sampled.subnet, Domain::kSource,
                  group + "/source_logits");
    CompareLogits(*student_, sampled.subnet, Domain::kTarget,
                  group + "/target_logits");
    const std::string teacher =
        absl::StrCat("expected/teacher/", name, "/target_logits");
    if (expected_.Find(teacher) != nullptr) {
      CompareLogits(*teacher_, sampled.subnet, Domain::kTarget, teacher);
    }
  }
  CompareLogits(*teacher_, space_->Largest(), Domain::kTarget,
                "expected/teacher/T_max");
  EXPECT_GE(compared_["expected"], 11);
}

TEST_P(StepTest, LossesGradientsAndStateAfterMatch) {
  AdaptationConfig config;  // the defaults are Office-31's, as the oracle's
  Optimizer optimizer(student_->store(), config.optimizer());
  TrainStep step(config, *student_, teacher_.get(), optimizer,
                 GetParam().precision);
  const auto report =
      step.Run(Batch(), Sampled(), config.optimizer().learning_rate());
  ASSERT_TRUE(report.ok()) << report.status();
  for (const SubnetLosses& losses : report->subnets) {
    const std::string group =
        absl::StrCat("expected/", losses.subnet.ToString(), "/");
    const std::map<std::string, double> values = {
        {"cross_entropy", losses.cross_entropy},
        {"information_maximization", losses.information_maximization},
        {"pseudo_label", losses.pseudo_label},
        {"distillation", losses.distillation},
        {"total", losses.total}};
    for (const auto& [name, value] : values) {
      if (expected_.Find(group + name) == nullptr) {
        EXPECT_EQ(value, 0) << group << name;
        continue;
      }
      const float rounded = static_cast<float>(value);
      Compare(group + name, {&rounded, 1}, GetParam().losses);
    }
  }
  CompareGradients();
  CompareStore(*student_, "after");
  CompareStore(*teacher_, "teacher_after");
  EXPECT_EQ(compared_["expected"], 16);
  EXPECT_GE(compared_["gradient"], GetParam().quantized ? 370 : 290);
  EXPECT_GE(compared_["after"], GetParam().quantized ? 650 : 550);
  EXPECT_GE(compared_["teacher_after"], GetParam().quantized ? 170 : 80);
}

INSTANTIATE_TEST_SUITE_P(All, StepTest, testing::ValuesIn(kCases),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

}  // namespace
}  // namespace rtfq
