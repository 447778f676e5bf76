// A narrow pass through a wide classifier, against slow sums over a copy of the
// prefix.
#include "rtfq/models/slimmable_linear.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::Array;
using test::ErrorBound;
using test::IsCloseTo;
using test::kRounding;
using test::RandomTensor;
using test::SumBound;

constexpr int64_t kImages = 4, kClasses = 5, kFull = 12, kFeatures = 7;
const Shape kPrefix = {kClasses, kFeatures};

// The first columns of [classes, F_full].
Tensor Cut(const Tensor& full) {
  Tensor cut = Tensor::Uninitialized(kPrefix);
  for (int64_t i = 0; i < cut.count(); ++i) {
    cut.data()[i] = full.data()[i / kFeatures * kFull + i % kFeatures];
  }
  return cut;
}

double Largest(const Array& array) {
  double largest = 0;
  for (const double v : array) largest = std::max(largest, std::abs(v));
  return largest;
}

// Fake-quantized in double; the values themselves at full precision.
Array VHat(const Tensor& v, float step, BitWidth bits, Sign sign) {
  if (!IsQuantized(bits)) return v;
  return test::ReferenceLsq(v, step, CodesOf(bits, sign), 1, v).v_hat;
}

// 7 of 12 features, and what the oracle says of them.
class SlimmableLinearTest : public testing::TestWithParam<BitWidth> {
 protected:
  SlimmableLinearTest() {
    fc_.weight().value = RandomTensor({kClasses, kFull}, 1);
    fc_.bias().value = RandomTensor({kClasses}, 2);
    fc_.InitializeWeightSteps(threads_);
    x_.value = RandomTensor({kImages, kFeatures}, 3);
    if (IsQuantized(bits_)) {
      const StepSizes& steps = quantizer_.steps();
      *steps.ParameterAt(bits_)->value.data() =
          0.8f / static_cast<float>(CodesOf(bits_, Sign::kUnsigned).max);
      w_step_ = fc_.weight_steps().At(bits_);
    }
    x_ = quantizer_.Forward(threads_, x_.value, bits_,
                            {.subnet = {}, .domain = Domain::kSource});
    x_hat_ = VHat(x_.value, x_.step, bits_, Sign::kUnsigned);
    w_hat_ = VHat(Cut(fc_.weight().value), w_step_, bits_, Sign::kSigned);
    expected_ = test::ReferenceLinear(x_hat_, w_hat_, fc_.bias().value, dy_);
  }
  // Products of fake-quantized factors, each rounded once, and their sum.
  static ErrorBound Bound(int64_t terms, double x, double y) {
    return SumBound(static_cast<double>(terms) + 3, terms * x * y + 1);
  }

  const BitWidth bits_ = GetParam();
  const ThreadPool threads_{2};
  ParameterStore store_{/*with_gradients=*/true};
  SlimmableLinear fc_{store_, "fc", kClasses, kFull, {bits_}};
  ActivationQuantizer quantizer_{store_, "fc", Sign::kUnsigned, {bits_}};
  const Tensor dy_ = RandomTensor({kImages, kClasses}, 4);
  QuantizedActivation x_;
  float w_step_ = 1;
  Array x_hat_{Shape({0})}, w_hat_{Shape({0})};
  test::LinearReference expected_{x_hat_, x_hat_, x_hat_, x_hat_};
};

TEST_P(SlimmableLinearTest, ANarrowPassIsThatOfTheCopiedPrefix) {
  const Tensor slow = fc_.Forward(threads_, x_, Precision::kFloat, nullptr);
  EXPECT_THAT(slow, IsCloseTo(expected_.y, Bound(kFeatures, Largest(x_hat_),
                                                 Largest(w_hat_))));
  // Exact sums: rounded are the product of the steps, that with the sum, and
  // the addition of a bias of up to 1.
  const Tensor exact = fc_.Forward(threads_, x_, Precision::kInteger, nullptr);
  if (!IsQuantized(bits_)) {
    EXPECT_THAT(exact, test::HasBitsOf(slow));
  } else {
    EXPECT_THAT(exact, IsCloseTo(expected_.y,
                                 ErrorBound{2 * kRounding, 3 * kRounding}));
  }
}

TEST_P(SlimmableLinearTest, GradientsAreThoseOfThePrefixAndZeroOutside) {
  SlimmableLinear::Saved saved;
  fc_.Forward(threads_, x_, Precision::kInteger, &saved);
  const Tensor dx = fc_.Backward(threads_, dy_, saved);
  EXPECT_THAT(dx, IsCloseTo(expected_.dx, Bound(kClasses, 1, Largest(w_hat_))));
  EXPECT_THAT(fc_.bias().gradient,
              IsCloseTo(expected_.dbias, SumBound(kImages, kImages)));
  const Tensor& dw = fc_.weight().gradient;
  for (int64_t i = 0; i < dw.count(); ++i) {
    ASSERT_TRUE(i % kFull < kFeatures || dw.data()[i] == 0) << i;
  }
  const ErrorBound bound = Bound(kImages, Largest(x_hat_), 1);
  if (!IsQuantized(bits_)) {
    EXPECT_THAT(Cut(dw), IsCloseTo(expected_.dw, bound));
    return;
  }
  const Tensor w = Cut(fc_.weight().value);
  const CodeRange range = CodesOf(bits_, Sign::kSigned);
  const auto lsq =
      test::ReferenceLsq(w, w_step_, range, w.count(), expected_.dw);
  EXPECT_THAT(Cut(dw), IsCloseTo(lsq.dv, bound));
  // g * sum(dw * e): the error of dw, and u's own of up to Q_N roundings.
  const double g_e = test::ReferenceLsq(w, w_step_, range, w.count(),
                                        Tensor::Filled(w.shape(), 1))
                         .dstep_magnitude;
  const double g = 1 / std::sqrt(static_cast<double>(w.count()) * range.max);
  EXPECT_NEAR(*fc_.weight_steps().ParameterAt(bits_)->gradient.data(),
              lsq.dstep,
              g_e * bound.absolute + g * w.count() * Largest(expected_.dw) *
                                         -range.min * 2 * kRounding);
}

TEST_P(SlimmableLinearTest, StepsAndCodesOfTheWeight) {
  EXPECT_EQ(store_.Find("fc.weight"), &fc_.weight());
  EXPECT_EQ(store_.Find("fc.bias"), &fc_.bias());
  if (!IsQuantized(bits_)) return;
  const TensorOf<int8_t> codes = fc_.WeightCodes(threads_, kFeatures, bits_);
  ASSERT_EQ(codes.shape(), kPrefix);
  for (int64_t i = 0; i < codes.count(); ++i) {
    EXPECT_EQ(codes.data()[i], std::round(w_hat_.values[i] / w_step_)) << i;
  }
  // 2 * mean|w| / sqrt(Q_P), of the whole width.
  for (int64_t i = 0; i < fc_.weight().value.count(); ++i) {
    fc_.weight().value.data()[i] = i % kFull < kFeatures ? -12.0f : 24.0f;
  }
  fc_.InitializeWeightSteps(threads_);
  EXPECT_FLOAT_EQ(
      fc_.weight_steps().At(bits_),
      2 * (7 * 12 + 5 * 24) / 12.0f /
          std::sqrt(static_cast<float>(CodesOf(bits_, Sign::kSigned).max)));
}

INSTANTIATE_TEST_SUITE_P(Bits, SlimmableLinearTest,
                         testing::Values(BitWidth::k8, BitWidth::k4,
                                         BitWidth::kFloat));

}  // namespace
}  // namespace rtfq
