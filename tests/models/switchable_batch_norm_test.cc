#include "rtfq/models/switchable_batch_norm.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::ErrorBound;
using test::HasBitsOf;
using test::IsCloseTo;
using test::kRounding;
using test::RandomTensor;
using ::testing::ElementsAreArray;

constexpr int64_t kWide = 6, kNarrow = 4;
const Shape kX = {3, 5, 5, kNarrow};

SearchSpace Space() {
  SearchSpaceConfig config;
  config.add_resolutions(8);
  for (const int w : {100, 60}) config.add_width_percents(w);
  for (const int b : {8, 4}) config.add_bit_widths(b);
  return SearchSpace::Create(config).value();
}

// Four keys, two of each width; the pass is one of the narrow 4-bit subnet on
// target images.
struct Site {
  explicit Site(const BatchNormConfig& config = {})
      : switches(Space(), config),
        bn(store, "bn1", switches, {kWide, kWide, kNarrow, kNarrow}),
        quantizer(store, "conv2", Sign::kUnsigned,
                  {BitWidth::k8, BitWidth::k4}) {
    const Shape c = bank().gamma->value.shape();
    bank().gamma->value = RandomTensor(c, 1, 0.5, 1.5);
    bank().beta->value = RandomTensor(c, 2);
    *quantizer.steps().ParameterAt(BitWidth::k4)->value.data() = 0.1f;
  }
  const SwitchableBatchNorm::Bank& bank() const {
    return bn.BankOf(Domain::kTarget, switches.KeyOf(pass.subnet));
  }
  Tensor Forward(const Tensor& x, Mode mode, bool relu = false) {
    pass.mode = mode;
    return bn.Forward(threads, x, pass, relu, &saved, &non_finite);
  }
  float mean() const { return bank().running_mean->value.data()[1]; }
  float variance() const { return bank().running_var->value.data()[1]; }

  const ThreadPool threads{2};
  ParameterStore store{/*with_gradients=*/true};
  const BatchNormSwitch switches;
  SwitchableBatchNorm bn;
  ActivationQuantizer quantizer;
  Pass pass = {.subnet = {8, 60, BitWidth::k4}, .domain = Domain::kTarget};
  SwitchableBatchNorm::Saved saved;
  std::optional<NonFinite> non_finite;
};

// Two values a channel: their mean is `mean`, their biased variance 1.
Tensor TwoValues(float mean) {
  Tensor x = Tensor::Filled({2, 1, 1, kNarrow}, mean - 1);
  std::fill_n(x.data() + kNarrow, kNarrow, mean + 1);
  return x;
}

TEST(SwitchableBatchNorm, APassTouchesItsBankAlone) {
  Site s;
  s.Forward(RandomTensor(kX, 3, 1, 2), Mode::kTraining);
  s.bn.Backward(s.threads, RandomTensor(kX, 4), s.saved, std::nullopt,
                &s.non_finite);
  EXPECT_EQ(s.store.buffers().size(), 2u * 4 * 2);
  for (const Buffer& b : s.store.buffers()) {
    const bool own = absl::StartsWith(b.name, "bn1.target.r8-w60-q4.");
    const float start = absl::EndsWith(b.name, "running_var") ? 1.0f : 0.0f;
    EXPECT_EQ(b.value.count(), absl::StrContains(b.name, "w60") ? 4 : 6);
    for (const float v : b.value.span()) EXPECT_EQ(v != start, own) << b.name;
  }
  for (const Parameter& p : s.store.parameters()) {
    EXPECT_EQ(p.touched, absl::StartsWith(p.name, "bn1.target.r8-w60-q4."))
        << p.name;
  }
}

TEST(SwitchableBatchNorm, SharedParametersAreAPrefix) {
  BatchNormConfig config;
  config.set_affine(BatchNormConfig::SHARED_PREFIX);
  Site s(config);
  Parameter* gamma = s.store.Find("bn1.target.weight");
  ASSERT_EQ(s.bank().gamma, gamma);
  EXPECT_EQ(s.bn.BankOf(Domain::kTarget, 0).gamma, gamma);
  EXPECT_NE(s.bn.BankOf(Domain::kSource, 0).gamma, gamma);
  EXPECT_NE(s.bn.BankOf(Domain::kTarget, 0).running_mean,
            s.bank().running_mean);
  s.Forward(TwoValues(3), Mode::kTraining);
  s.bn.Backward(s.threads, TwoValues(0), s.saved, std::nullopt, &s.non_finite);
  // sum of dy * x_hat, both -1 and 1, over the four channels there are.
  const float d = 2 / std::sqrt(1 + 1e-5f);
  EXPECT_THAT(gamma->gradient.span(),
              ::testing::Pointwise(::testing::FloatEq(),
                                   std::vector<float>{d, d, d, d, 0, 0}));
}

TEST(SwitchableBatchNorm, TrainingIsThatOfTheReference) {
  for (const bool relu : {false, true}) {
    Site s;
    const Tensor x = RandomTensor(kX, 3), dy = RandomTensor(kX, 4);
    const auto expected = test::ReferenceBatchNorm(
        x, s.bank().gamma->value, s.bank().beta->value, 1e-5f, relu, dy);
    // As in tests/ops/batch_norm_test.cc: sums are two roundings deep, values
    // up to 1, deviations at least a quarter.
    const double deep = 4 * kRounding, rows = 3 * 5 * 5;
    EXPECT_THAT(s.Forward(x, Mode::kTraining, relu),
                IsCloseTo(expected.y, ErrorBound{4 * deep, deep}));
    const OutputGradient dx = s.bn.Backward(s.threads, dy.Clone(), s.saved,
                                            std::nullopt, &s.non_finite);
    EXPECT_THAT(dx.exact, IsCloseTo(expected.dx, ErrorBound{16 * deep, deep}));
    EXPECT_TRUE(dx.rounded.empty());
    EXPECT_THAT(s.bank().beta->gradient,
                IsCloseTo(expected.dbeta, ErrorBound{rows * deep}));
    EXPECT_THAT(s.bank().gamma->gradient,
                IsCloseTo(expected.dgamma, ErrorBound{4 * rows * deep}));
    const OutputGradient narrow =
        s.bn.Backward(s.threads, dy.Clone(), s.saved, 0.5f, &s.non_finite);
    EXPECT_TRUE(narrow.exact.empty());
    for (int64_t i = 0; i < x.count(); ++i) {
      ASSERT_EQ(narrow.rounded.data()[i].bits,
                ops::RoundedToBf16(dx.exact.data()[i] * 0.5f).bits);
    }
    EXPECT_FALSE(s.non_finite.has_value());
  }
}

TEST(SwitchableBatchNorm, TrainingMovesTheStatisticsByTheMomentum) {
  BatchNormConfig config;
  config.set_momentum(0.25f);
  Site s(config);
  s.Forward(TwoValues(8), Mode::kTraining);
  // Unbiased, the variance of two values is 1 * 2 / (2 - 1).
  EXPECT_EQ(s.mean(), 0.75f * 0 + 0.25f * 8);
  EXPECT_EQ(s.variance(), 0.75f * 1 + 0.25f * 2);
  s.Forward(TwoValues(4), Mode::kTraining);
  EXPECT_EQ(s.mean(), 0.75f * 2 + 0.25f * 4);
  EXPECT_EQ(s.variance(), 0.75f * 1.25f + 0.25f * 2);
  for (const Mode mode :
       {Mode::kInference, Mode::kBatchStatistics, Mode::kStepCalibration}) {
    s.Forward(TwoValues(99), mode);
    EXPECT_EQ(s.mean(), 0.75f * 2 + 0.25f * 4);
    EXPECT_EQ(s.variance(), 0.75f * 1.25f + 0.25f * 2);
  }
}

TEST(SwitchableBatchNorm, CalibrationIsTheAverageOfTheBatches) {
  Site s;
  std::fill_n(s.bank().running_mean->value.data(), kNarrow, 1e6f);
  std::fill_n(s.bank().running_var->value.data(), kNarrow, 1e6f);
  for (const float mean : {2.0f, 4.0f, 9.0f}) {
    s.Forward(TwoValues(mean), Mode::kCalibration);
    ++s.pass.calibration_batch;
  }
  EXPECT_FLOAT_EQ(s.mean(), (2 + 4 + 9) / 3.0f);
  EXPECT_FLOAT_EQ(s.variance(), 2);
}

TEST(SwitchableBatchNorm, InferenceUsesTheRunningStatistics) {
  Site s;
  const Tensor x = RandomTensor(kX, 3);
  const Tensor shortcut = RandomTensor(kX, 6);
  s.bank().running_mean->value = RandomTensor({kNarrow}, 4);
  s.bank().running_var->value = RandomTensor({kNarrow}, 5, 0.5, 2);
  std::vector<double> y, end;
  for (int64_t i = 0; i < x.count(); ++i) {
    const int64_t c = i % kNarrow;
    const auto at = [c](const Tensor& t) { return double{t.data()[c]}; };
    y.push_back(at(s.bank().gamma->value) *
                    (x.data()[i] - at(s.bank().running_mean->value)) /
                    std::sqrt(at(s.bank().running_var->value) + 1e-5f) +
                at(s.bank().beta->value));
    end.push_back(std::max(y.back() + shortcut.data()[i], 0.0));
  }
  // gamma / sqrt(variance) < 2.2, |x - mean| < 2: three roundings of their
  // product, one of a sum with |beta| < 1, one of a sum with |shortcut| < 1.
  const ErrorBound bound = {(3 * 4.4 + 5.4 + 6.4) * kRounding};
  EXPECT_THAT(s.Forward(x, Mode::kInference), IsCloseTo(y, bound));
  EXPECT_THAT(s.bn.ForwardAddRelu(s.threads, x, shortcut, s.pass, nullptr,
                                  &s.non_finite),
              IsCloseTo(end, bound));
}

TEST(SwitchableBatchNorm, QuantizedItHasTheBitsOfItsTwoParts) {
  const Tensor x = RandomTensor(kX, 3), dv_hat = RandomTensor(kX, 4);
  for (const Mode mode :
       {Mode::kTraining, Mode::kBatchStatistics, Mode::kCalibration,
        Mode::kStepCalibration, Mode::kInference}) {
    Site parts, joined;
    parts.pass.mode = joined.pass.mode = mode;
    const Tensor y = parts.Forward(x, mode, /*relu=*/true);
    const auto expected =
        parts.quantizer.Forward(parts.threads, y, BitWidth::k4, parts.pass);
    const auto read = joined.bn.ForwardQuantized(
        joined.threads, x, joined.pass, joined.quantizer, &joined.saved,
        &joined.non_finite);
    EXPECT_EQ(read.step, expected.step);
    EXPECT_THAT(read.codes.span(), ElementsAreArray(expected.codes.span()));
    EXPECT_EQ(joined.mean(), parts.mean());
    EXPECT_EQ(joined.variance(), parts.variance());
    if (mode != Mode::kTraining) continue;
    EXPECT_TRUE(read.value.empty());
    const Tensor dx =
        parts.bn
            .Backward(parts.threads,
                      parts.quantizer.Backward(parts.threads, expected,
                                               dv_hat.Clone()),
                      parts.saved, std::nullopt, &parts.non_finite)
            .exact;
    EXPECT_THAT(joined.bn
                    .BackwardQuantized(joined.threads, dv_hat.Clone(), read,
                                       joined.quantizer, joined.saved,
                                       std::nullopt, &joined.non_finite)
                    .exact,
                HasBitsOf(dx));
    EXPECT_THAT(joined.bank().gamma->gradient,
                HasBitsOf(parts.bank().gamma->gradient));
    EXPECT_TRUE(joined.quantizer.steps().ParameterAt(BitWidth::k4)->touched);
  }
}

TEST(SwitchableBatchNorm, NotesTheFirstThatIsNotFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Site s;
  Tensor x = RandomTensor(kX, 3);
  Tensor dy = RandomTensor(kX, 4);
  dy.data()[2] = kInfinity;
  s.Forward(x, Mode::kTraining);
  s.bn.Backward(s.threads, dy, s.saved, std::nullopt, &s.non_finite);
  ASSERT_TRUE(s.non_finite.has_value());
  EXPECT_EQ(s.non_finite->layer, "bn1.weight (gradient)");
  EXPECT_FALSE(std::isfinite(s.non_finite->value));

  s.non_finite.reset();
  x.data()[3] = NAN;
  s.Forward(x, Mode::kBatchStatistics);
  ASSERT_TRUE(s.non_finite.has_value());
  EXPECT_EQ(s.non_finite->layer, "bn1");
  EXPECT_TRUE(std::isnan(s.non_finite->value));
  // What is noted stays.
  s.non_finite = NonFinite{"before", 1};
  s.Forward(x, Mode::kBatchStatistics);
  EXPECT_EQ(s.non_finite->layer, "before");
}

}  // namespace
}  // namespace rtfq
