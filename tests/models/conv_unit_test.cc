#include "rtfq/models/conv_unit.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::Array;
using test::ErrorBound;
using test::HasBitsOf;
using test::IsCloseTo;
using test::kRounding;
using test::RandomTensor;

constexpr int64_t kIn = 5, kOut = 6;
const Shape kX = {2, 6, 6, kIn}, kY = {2, 6, 6, kOut};

ConvSpec Spec() {
  ConvSpec spec;
  spec.name = "conv1";
  spec.in_channels = kIn;
  spec.out_channels = kOut;
  spec.kernel = 3;
  spec.padding = 1;
  spec.in_size = 6;
  return spec;
}

SearchSpace Space(BitWidth bits) {
  SearchSpaceConfig config;
  config.add_resolutions(8);
  config.add_width_percents(100);
  config.add_bit_widths(BitsOf(bits));
  return SearchSpace::Create(config).value();
}

// A unit with running statistics far from those of a batch, and a quantizer
// behind it that cuts some values.
struct Site {
  Site(BitWidth bits, Mode mode, Precision precision)
      : switches(Space(bits), BatchNormConfig()),
        unit(SlimmableConv2d(store, plans, Spec(), {{100, kOut}}, {bits}),
             SwitchableBatchNorm(store, "bn1", switches, {kOut})),
        before(store, "conv1", Sign::kUnsigned, {bits}),
        behind(store, "conv2", Sign::kUnsigned, {bits}) {
    pass = {.subnet = {8, 100, bits},
            .domain = Domain::kTarget,
            .mode = mode,
            .precision = precision};
    const auto& bank = unit.bn().BankOf(Domain::kTarget, 0);
    bank.gamma->value = RandomTensor({kOut}, 1, 0.5, 1.5);
    bank.beta->value = RandomTensor({kOut}, 2);
    bank.running_mean->value = RandomTensor({kOut}, 3);
    bank.running_var->value = RandomTensor({kOut}, 4, 1, 4);
    unit.conv().weight().value = RandomTensor({kOut, kIn, 3, 3}, 5);
    unit.conv().InitializeWeightSteps();
    const auto q_p = static_cast<float>(CodesOf(bits, Sign::kUnsigned).max);
    *before.steps().ParameterAt(bits)->value.data() = 0.8f / q_p;
    *behind.steps().ParameterAt(bits)->value.data() = 1.5f / q_p;
    EXPECT_THAT(unit.conv().Prepare(Spec(), kX[0], bits, precision),
                test::IsOk());
    x = before.Forward(engine->threads(), RandomTensor(kX, 6), bits, pass);
  }
  Tensor Forward(bool relu) {
    return unit.Forward(engine->threads(), x, pass, relu, saved, &non_finite);
  }
  QuantizedActivation ForwardQuantized() {
    return unit.ForwardQuantized(engine->threads(), x, pass, behind, saved,
                                 &non_finite);
  }

  const std::unique_ptr<Engine> engine = Engine::Create(2).value();
  ConvPlans plans{*engine};
  ParameterStore store{/*with_gradients=*/true};
  const BatchNormSwitch switches;
  ConvUnit unit;
  ActivationQuantizer before, behind;
  Pass pass = {.subnet = {}, .domain = Domain::kTarget};
  QuantizedActivation x;
  ConvUnit::Saved saved;
  std::optional<NonFinite> non_finite;
};

// Convolution and batch norm with running statistics in double, and how far the
// unit may be from it.
struct Inference {
  explicit Inference(const Site& s) : y(kY) {
    const auto v_hat = [](const Tensor& v, float step, CodeRange range) {
      return test::ReferenceLsq(v, step, range, 1, v).v_hat;
    };
    const BitWidth bits = s.pass.subnet.bits;
    const SlimmableConv2d& conv = s.unit.conv();
    Array x = v_hat(s.x.value, s.x.step, CodesOf(bits, Sign::kUnsigned));
    Array w = v_hat(conv.weight().value, conv.weight_steps().At(bits),
                    CodesOf(bits, Sign::kSigned));
    y = test::ReferenceConv2d(x, w, 1, 1);
    for (double& v : w.values) v = std::abs(v);  // as x's are
    const Array size = test::ReferenceConv2d(x, w, 1, 1);
    const auto& bank = s.unit.bn().BankOf(Domain::kTarget, 0);
    for (size_t i = 0; i < y.values.size(); ++i) {
      const auto at = [c = i % kOut](const Tensor& t) {
        return double{t.data()[c]};
      };
      const double slope = at(bank.gamma->value) /
                           std::sqrt(at(bank.running_var->value) + 1e-5f);
      const double shift = at(bank.running_mean->value) * slope;
      const double bias = at(bank.beta->value) - shift;
      const double product = std::abs(y.values[i] * slope);
      y.values[i] = y.values[i] * slope + bias;
      // Sums below 2^24 are exact. Rounded are the product of the steps, the
      // scale and its product with the sum; the bias; and the sum of both.
      folded = std::max(folded, kRounding * (3 * product + std::abs(bias) +
                                             std::abs(y.values[i])));
      // The parts add 45 products of factors that are rounded, too; then
      // normalizing rounds the difference, the scale, their product and y.
      parts = std::max(parts, kRounding * (48 * size.values[i] * slope +
                                           3 * (product + std::abs(shift)) +
                                           std::abs(y.values[i])));
    }
  }
  Array y;
  double folded = 0, parts = 0;
};

class FoldedTest : public testing::TestWithParam<BitWidth> {};

TEST_P(FoldedTest, IsConvolutionAndBatchNormOfRunningStatistics) {
  Site s(GetParam(), Mode::kInference, Precision::kInteger);
  const Inference expected(s);
  const ErrorBound bound = {expected.folded};
  EXPECT_THAT(s.Forward(/*relu=*/false), IsCloseTo(expected.y, bound));
  Array relu = expected.y, end = expected.y;
  const Tensor shortcut = RandomTensor(kY, 7);
  for (size_t i = 0; i < relu.values.size(); ++i) {
    relu.values[i] = std::max(expected.y.values[i], 0.0);
    end.values[i] = std::max(expected.y.values[i] + shortcut.data()[i], 0.0);
  }
  EXPECT_THAT(s.Forward(/*relu=*/true), IsCloseTo(relu, bound));
  // One more addition, of up to 1.
  const ErrorBound sum_bound = {expected.folded + kRounding, kRounding};
  EXPECT_THAT(s.unit.ForwardAddRelu(s.engine->threads(), s.x, shortcut, s.pass,
                                    s.saved, &s.non_finite),
              IsCloseTo(end, sum_bound));
}

TEST_P(FoldedTest, CodesAreTheExactOnesButAtTies) {
  const CodeRange range = CodesOf(GetParam(), Sign::kUnsigned);
  for (const Precision precision : {Precision::kInteger, Precision::kFloat}) {
    const bool folded = precision == Precision::kInteger;
    Site s(GetParam(), Mode::kInference, precision);
    const Inference expected(s);
    const QuantizedActivation read = s.ForwardQuantized();
    ASSERT_EQ(read.shape(), kY);
    // Of u = v / step, at most Q_P, whose division rounds once more.
    const double bound =
        (folded ? expected.folded : expected.parts) / read.step +
        range.max * kRounding;
    ASSERT_LT(bound, 0.02) << "ties are rare";
    for (int64_t i = 0; i < read.codes.count(); ++i) {
      const double u = expected.y.values[i] / read.step;
      const double code = std::nearbyint(std::clamp<double>(u, 0, range.max));
      if (read.codes.data()[i] == code) continue;
      EXPECT_EQ(std::abs(read.codes.data()[i] - code), 1) << i;
      EXPECT_NEAR(u - std::floor(u), 0.5, bound) << i;
    }
    EXPECT_THAT(read.codes.span(), testing::Contains(0));
    EXPECT_THAT(read.codes.span(), testing::Contains(range.max));
  }
}

INSTANTIATE_TEST_SUITE_P(Bits, FoldedTest,
                         testing::Values(BitWidth::k8, BitWidth::k4));

TEST(ConvUnit, InTrainingIsItsTwoPartsForthAndBack) {
  for (const Precision precision :
       {Precision::kFloat, Precision::kInteger, Precision::kIntegerBf16}) {
    Site unit(BitWidth::k4, Mode::kTraining, precision);
    Site parts(BitWidth::k4, Mode::kTraining, precision);
    const ThreadPool& threads = parts.engine->threads();
    const SlimmableConv2d& conv = parts.unit.conv();
    const SwitchableBatchNorm& bn = parts.unit.bn();
    ConvUnit::Saved saved;
    const Tensor y =
        bn.Forward(threads, conv.Forward(parts.x, parts.pass, &saved.conv),
                   parts.pass, /*relu=*/false, &saved.bn, &parts.non_finite);
    EXPECT_THAT(unit.Forward(/*relu=*/false), HasBitsOf(y));

    const Tensor dy = RandomTensor(kY, 8), e = RandomTensor(kX, 9);
    const auto back = [&](std::optional<float> factor) {
      return bn.Backward(threads, dy.Clone(), saved.bn, factor,
                         &parts.non_finite);
    };
    const Tensor given = dy.Clone();
    EXPECT_THAT(
        unit.unit.Backward(threads, given, unit.saved, &unit.non_finite),
        HasBitsOf(
            conv.Backward(back(conv.RoundingFactor(saved.conv)), saved.conv)));
    const bool overwrites = unit.unit.OverwritesGradient(unit.saved);
    EXPECT_EQ(overwrites, precision != Precision::kIntegerBf16);
    EXPECT_EQ(test::HaveSameBits(given.span(), dy.span()), !overwrites);
    EXPECT_EQ(unit.unit.BackwardAlong(threads, dy.Clone(), unit.saved, e,
                                      &unit.non_finite),
              conv.BackwardAlong(back(std::nullopt).exact, saved.conv, e));
    EXPECT_THAT(unit.unit.conv().weight().gradient,
                HasBitsOf(conv.weight().gradient));
  }
}

}  // namespace
}  // namespace rtfq
