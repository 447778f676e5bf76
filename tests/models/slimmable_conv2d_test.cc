// A narrow pass through a wide convolution, against slow sums over a copy of
// the prefix.
#include "rtfq/models/slimmable_conv2d.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "tests/testing/grad_check.h"
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

constexpr int64_t kBatch = 2, kSize = 7, kIn = 5, kOut = 7, kFullIn = 8;
constexpr int kStride = 2, kPadding = 1;
const Shape kX = {kBatch, kSize, kSize, kIn}, kW = {kOut, kIn, 3, 3};
const Shape kY = {kBatch, 4, 4, kOut};

ConvSpec Spec(int64_t in, int64_t out, ConvRole role) {
  ConvSpec spec;
  spec.name = "conv";
  spec.role = role;
  spec.in_channels = in;
  spec.out_channels = out;
  spec.kernel = 3;
  spec.stride = kStride;
  spec.padding = kPadding;
  spec.in_size = kSize;
  return spec;
}

// The first rows and columns of [12,8,3,3].
Tensor Cut(const Tensor& full) {
  Tensor cut = Tensor::Uninitialized(kW);
  for (int64_t o = 0; o < kOut; ++o) {
    std::copy_n(full.data() + o * kFullIn * 9, kIn * 9,
                cut.data() + o * kIn * 9);
  }
  return cut;
}

Array Magnitudes(Array array) {
  for (double& v : array.values) v = std::abs(v);
  return array;
}
double Largest(const Array& array) {
  const Array magnitudes = Magnitudes(array);
  return *std::max_element(magnitudes.begin(), magnitudes.end());
}

// Fake-quantized in double; the values themselves at full precision.
Array VHat(const Tensor& v, float step, BitWidth bits, Sign sign) {
  if (!IsQuantized(bits)) return v;
  return test::ReferenceLsq(v, step, CodesOf(bits, sign), 1, v).v_hat;
}

// What v is where v * factor was rounded to bf16.
Array Bf16Of(Array array, float factor) {
  for (double& v : array.values) {
    const uint32_t bits =
        ops::RoundedToBf16(static_cast<float>(v) * factor).bits;
    v = std::bit_cast<float>(bits << 16) / double{factor};
  }
  return array;
}

// A convolution 8 -> 12 at 100 percent, of which a pass at 60 uses 5 -> 7.
struct Site {
  Site(BitWidth bits, Precision precision, ConvRole role = ConvRole::kInner)
      : sign(role == ConvRole::kStem ? Sign::kSigned : Sign::kUnsigned),
        conv(store, plans, Spec(kFullIn, 12, role), {{100, 12}, {60, kOut}},
             {bits}),
        quantizer(store, "conv", sign, {bits}) {
    pass.precision = precision;
    conv.weight().value = RandomTensor({12, kFullIn, 3, 3}, 1);
    conv.InitializeWeightSteps();
    float w_step = 1;
    if (IsQuantized(bits)) {
      *quantizer.steps().ParameterAt(bits)->value.data() =
          0.8f / static_cast<float>(CodesOf(bits, sign).max);
      w_step = conv.weight_steps().At(bits);
    }
    EXPECT_THAT(conv.Prepare(Spec(kIn, kOut, role), kBatch, bits, precision),
                test::IsOk());
    x = quantizer.Forward(engine->threads(), RandomTensor(kX, 2), bits, pass);
    x_hat = VHat(x.value, x.step, bits, sign);
    w_hat = VHat(Cut(conv.weight().value), w_step, bits, Sign::kSigned);
  }

  // Of sums of `terms` products whose magnitudes add up to `size`: factors,
  // steps and products are rounded, too, no more than six times.
  static ErrorBound Bound(double terms, const Array& size) {
    return {.absolute = Largest(size) * (terms + 6) * kRounding};
  }
  Array Convolved(const Array& a, const Array& w) const {
    return test::ReferenceConv2d(a, w, kStride, kPadding);
  }

  const std::unique_ptr<Engine> engine = Engine::Create(2).value();
  ConvPlans plans{*engine};
  ParameterStore store{/*with_gradients=*/true};
  Pass pass = {.subnet = {.width_percent = 60}, .domain = Domain::kSource};
  const Sign sign;
  SlimmableConv2d conv;
  ActivationQuantizer quantizer;
  const Tensor dy = RandomTensor(kY, 3);
  QuantizedActivation x;
  Array x_hat{Shape({0})}, w_hat{Shape({0})};
};

// Of the weight's step, where dw_hat is within `bound`; returns dw.
Array ExpectStepGradient(const Site& s, BitWidth bits, const Array& dw_hat,
                         const ErrorBound& bound) {
  const Tensor w = Cut(s.conv.weight().value);
  const float step = s.conv.weight_steps().At(bits);
  const CodeRange range = CodesOf(bits, Sign::kSigned);
  const auto lsq = test::ReferenceLsq(w, step, range, w.count(), dw_hat);
  // g * sum(dw_hat * e): by what dw_hat is off, and by e's own error of up to
  // Q_N roundings of u.
  const Tensor ones = Tensor::Filled(kW, 1);
  const double g_e =
      test::ReferenceLsq(w, step, range, w.count(), ones).dstep_magnitude;
  const double g_dw =
      Largest(dw_hat) * std::sqrt(static_cast<double>(w.count()) / range.max);
  EXPECT_NEAR(*s.conv.weight_steps().ParameterAt(bits)->gradient.data(),
              lsq.dstep,
              g_e * bound.absolute + g_dw * -range.min * 2 * kRounding);
  return lsq.dv;
}

class SlimmableConv2dTest
    : public testing::TestWithParam<std::tuple<BitWidth, Precision>> {
 protected:
  const BitWidth bits_ = std::get<0>(GetParam());
  const Precision precision_ = std::get<1>(GetParam());
  const bool bf16_ = precision_ == Precision::kIntegerBf16;
};

TEST_P(SlimmableConv2dTest, ANarrowPassIsThatOfTheCopiedPrefix) {
  Site s(bits_, precision_);
  const ErrorBound sums = Site::Bound(
      9 * kIn, s.Convolved(Magnitudes(s.x_hat), Magnitudes(s.w_hat)));
  // Exact sums, below 2^24: rounded are the product of the steps and that with
  // the sum.
  const ErrorBound exact = {.relative_to_max = 2 * kRounding};
  const bool codes = IsQuantized(bits_) && precision_ != Precision::kFloat;
  s.pass.mode = Mode::kInference;
  EXPECT_EQ(s.conv.OutputShape(s.x, s.pass), kY);
  const Tensor inference = s.conv.Forward(s.x, s.pass, nullptr);
  EXPECT_THAT(inference,
              IsCloseTo(s.Convolved(s.x_hat, s.w_hat), codes ? exact : sums));
  s.pass.mode = Mode::kTraining;
  const Tensor training = s.conv.Forward(s.x, s.pass, nullptr);
  if (bf16_ && !IsQuantized(bits_)) {
    const Array y = s.Convolved(Bf16Of(s.x_hat, 1), Bf16Of(s.w_hat, 1));
    EXPECT_THAT(training, IsCloseTo(y, sums));
  } else {
    EXPECT_THAT(training, HasBitsOf(inference));
  }
}

TEST_P(SlimmableConv2dTest, GradientsAreThoseOfThePrefixAndZeroOutside) {
  const Site s(bits_, precision_);
  SlimmableConv2d::Saved saved;
  s.conv.Forward(s.x, s.pass, &saved);
  const Tensor dx = s.conv.Backward({.exact = s.dy, .rounded = {}}, saved);
  Array dy = s.dy, x = s.x_hat, w_hat = s.w_hat;
  const std::optional<float> factor = s.conv.RoundingFactor(saved);
  ASSERT_EQ(factor.has_value(), bf16_);
  if (bf16_) dy = Bf16Of(dy, *factor);
  if (bf16_ && !IsQuantized(bits_)) {
    x = Bf16Of(x, 1);
    w_hat = Bf16Of(w_hat, 1);
  }
  const auto data = [](const Array& dy, const Array& w) {
    return test::ReferenceConv2dBackwardData(dy, w, kStride, kPadding, kX);
  };
  EXPECT_THAT(dx, IsCloseTo(data(dy, w_hat),
                            Site::Bound(9 * kOut, data(Magnitudes(dy),
                                                       Magnitudes(w_hat)))));
  const auto weights = [](const Array& x, const Array& dy) {
    return test::ReferenceConv2dBackwardWeights(x, dy, kStride, kPadding, kW);
  };
  Array expected = weights(x, dy);
  const ErrorBound bound =
      Site::Bound(kBatch * 4 * 4, weights(Magnitudes(x), Magnitudes(dy)));
  if (IsQuantized(bits_)) {
    expected = ExpectStepGradient(s, bits_, expected, bound);
  }
  const Tensor& dw = s.conv.weight().gradient;
  EXPECT_THAT(Cut(dw), IsCloseTo(expected, bound));
  for (int64_t i = 0; i < dw.count(); ++i) {
    const bool inside = i / 9 % kFullIn < kIn && i / 9 / kFullIn < kOut;
    ASSERT_TRUE(inside || dw.data()[i] == 0) << i;
  }
}

// Of the stem, whose codes are signed.
TEST_P(SlimmableConv2dTest, BackwardAlongIsTheSumThatBackwardGives) {
  const Site whole(bits_, precision_, ConvRole::kStem);
  const Site along(bits_, precision_, ConvRole::kStem);
  const Tensor e = RandomTensor(kX, 4);
  SlimmableConv2d::Saved saved;
  whole.conv.Forward(whole.x, whole.pass, &saved);
  const Tensor dx =
      whole.conv.Backward({.exact = whole.dy, .rounded = {}}, saved);
  const double sum = along.conv.BackwardAlong(along.dy, saved, e);
  // Both add the same products of three factors in another order; Backward's
  // factors may be rounded to bf16, and an inner product rounds once more.
  const Array size = along.Convolved(Magnitudes(e), Magnitudes(along.w_hat));
  double products = 0;
  for (int64_t i = 0; i < along.dy.count(); ++i) {
    products += std::abs(along.dy.data()[i]) * size.values[i];
  }
  const int rounded = !bf16_ ? 0 : IsQuantized(bits_) ? 1 : 2;
  EXPECT_NEAR(sum, test::Inner(dx, e),
              products * (std::pow(1 + 0x1p-8, rounded) - 1 +
                          (9 * kIn + 9 * kOut + 12) * kRounding));
  const Tensor& dw = along.conv.weight().gradient;
  EXPECT_THAT(dw, HasBitsOf(whole.conv.weight().gradient));
  // Without e there is no sum, and gradients are added all the same.
  const float once = dw.data()[0];
  EXPECT_EQ(along.conv.BackwardAlong(along.dy, saved, Tensor()), 0);
  EXPECT_EQ(dw.data()[0], 2 * once);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, SlimmableConv2dTest,
    testing::Combine(testing::Values(BitWidth::k8, BitWidth::k4,
                                     BitWidth::kFloat),
                     testing::Values(Precision::kFloat, Precision::kInteger,
                                     Precision::kIntegerBf16)));

TEST(SlimmableConv2d, WeightStepsAreOfTheWholeWidth) {
  const Site s(BitWidth::k4, Precision::kFloat);
  // mean|w| = (5 * 1 + 3 * 9) / 8
  const Tensor& w = s.conv.weight().value;
  for (int64_t i = 0; i < w.count(); ++i) {
    w.data()[i] = i / 9 % kFullIn < kIn ? -1.0f : 9.0f;
  }
  s.conv.InitializeWeightSteps();
  EXPECT_FLOAT_EQ(s.conv.weight_steps().At(BitWidth::k4),
                  2 * 4 / std::sqrt(7.0f));
}

}  // namespace
}  // namespace rtfq
