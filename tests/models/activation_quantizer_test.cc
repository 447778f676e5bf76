#include "rtfq/models/activation_quantizer.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/ops/codes.h"
#include "rtfq/ops/lsq.h"
#include "tests/testing/grad_check.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::HasBitsOf;
using test::kRounding;
using test::RandomTensor;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Pair;

const std::vector<BitWidth> kBits = {BitWidth::k8, BitWidth::k4};

Pass PassOf(Mode mode, int64_t calibration_batch = 0) {
  return {.subnet = {},
          .domain = Domain::kSource,
          .mode = mode,
          .calibration_batch = calibration_batch};
}

// A quantizer whose steps cut some of the values of [-1, 1) at both ends.
struct Site {
  explicit Site(Sign sign) : quantizer(store, "conv1", sign, kBits) {
    *quantizer.steps().ParameterAt(BitWidth::k8)->value.data() = 0.003f;
    *quantizer.steps().ParameterAt(BitWidth::k4)->value.data() = 0.05f;
  }
  QuantizedActivation Forward(BitWidth bits, Mode mode) const {
    return quantizer.Forward(threads, x, bits, PassOf(mode));
  }

  const ThreadPool threads{2};
  ParameterStore store{/*with_gradients=*/true};
  const Tensor x = RandomTensor({3, 5, 7, 6}, 1);
  ActivationQuantizer quantizer;
};

float GradientOf(const Site& site) {
  return *site.quantizer.steps().ParameterAt(BitWidth::k4)->gradient.data();
}

TEST(ActivationQuantizer, CodesAreThoseOfQuantize) {
  for (const Sign sign : {Sign::kSigned, Sign::kUnsigned}) {
    for (const BitWidth bits : kBits) {
      const Site site(sign);
      const QuantizedActivation read = site.Forward(bits, Mode::kTraining);
      const float step = bits == BitWidth::k8 ? 0.003f : 0.05f;
      EXPECT_EQ(read.step, step);
      EXPECT_EQ(read.bits, bits);
      EXPECT_EQ(read.sign, sign);
      EXPECT_EQ(read.shape(), site.x.shape());
      EXPECT_EQ(read.value.data(), site.x.data()) << "not a copy";
      const CodeRange range = CodesOf(bits, sign);
      auto codes = TensorOf<uint8_t>::Uninitialized(site.x.shape());
      if (sign == Sign::kSigned) {
        auto s8 = TensorOf<int8_t>::Uninitialized(site.x.shape());
        ops::Quantize(site.threads, site.x, step, range, s8.view());
        std::copy_n(s8.data(), s8.count(), codes.data());
      } else {
        ops::Quantize(site.threads, site.x, step, range, codes.view());
      }
      EXPECT_THAT(read.codes.span(), ElementsAreArray(codes.span()));
      const Tensor v_hat = Tensor::Uninitialized(site.x.shape());
      ops::FakeQuantize(site.threads, site.x, step, range, v_hat);
      EXPECT_THAT(read.Dequantized(site.threads), HasBitsOf(v_hat));
    }
  }
}

TEST(ActivationQuantizer, CalibrationAveragesTheStepsOfTheBatches) {
  const Site site(Sign::kUnsigned);
  const auto step_after = [&](const std::vector<float>& values, int64_t batch) {
    const auto read = site.quantizer.Forward(
        site.threads, Tensor::CopyOf(values, {1, 2}), BitWidth::k4,
        PassOf(Mode::kStepCalibration, batch));
    EXPECT_EQ(read.step, site.quantizer.steps().At(BitWidth::k4))
        << "the new step is used at once";
    return read.step;
  };
  // 2 * mean|x| / sqrt(Q_P); the first batch forgets the step that was there.
  const float root = std::sqrt(15.0f);
  EXPECT_FLOAT_EQ(step_after({-1, 3}, 0), 2 * 2 / root);
  EXPECT_FLOAT_EQ(step_after({5, -9}, 1), 2 * (2 + 7) / 2.0f / root);
  EXPECT_FLOAT_EQ(step_after({0, 6}, 2), 2 * (2 + 7 + 3) / 3.0f / root);
  EXPECT_FLOAT_EQ(step_after({8, 8}, 0), 2 * 8 / root);
  EXPECT_EQ(step_after({0, 0}, 0), kSmallestStep);
  EXPECT_EQ(site.quantizer.steps().At(BitWidth::k8), 0.003f);
}

TEST(ActivationQuantizer, NoOtherModeMovesTheStep) {
  const Site site(Sign::kUnsigned);
  for (const Mode mode : {Mode::kTraining, Mode::kBatchStatistics,
                          Mode::kCalibration, Mode::kInference}) {
    EXPECT_EQ(site.Forward(BitWidth::k4, mode).step, 0.05f);
  }
}

TEST(ActivationQuantizer, BackwardIsThatOfFakeQuantize) {
  for (const Sign sign : {Sign::kSigned, Sign::kUnsigned}) {
    const Site site(sign);
    const auto read = site.Forward(BitWidth::k4, Mode::kTraining);
    const Tensor dx_hat = RandomTensor(site.x.shape(), 2);
    const Tensor dx = Tensor::Uninitialized(site.x.shape());
    // n is of one image.
    const float dstep = ops::FakeQuantizeBackward(site.threads, site.x, 0.05f,
                                                  CodesOf(BitWidth::k4, sign),
                                                  5 * 7 * 6, dx_hat, dx);
    for (const int times : {1, 2}) {
      const Tensor dv_hat = dx_hat.Clone();
      const Tensor dv = site.quantizer.Backward(site.threads, read, dv_hat);
      EXPECT_EQ(dv.data(), dv_hat.data()) << "in place";
      EXPECT_THAT(dv, HasBitsOf(dx));
      // Added; doubling is exact.
      EXPECT_EQ(GradientOf(site), times * dstep);
    }
    EXPECT_TRUE(site.quantizer.steps().ParameterAt(BitWidth::k4)->touched);
    EXPECT_FALSE(site.quantizer.steps().ParameterAt(BitWidth::k8)->touched);
  }
}

TEST(ActivationQuantizer, TheStepsGradientFromItsSum) {
  const Site whole(Sign::kSigned), parts(Sign::kSigned);
  const auto read = whole.Forward(BitWidth::k4, Mode::kTraining);
  const Tensor dx_hat = RandomTensor(whole.x.shape(), 3);
  whole.quantizer.Backward(whole.threads, read, dx_hat.Clone());
  const double dstep = GradientOf(whole);

  const Tensor e = parts.quantizer.StepResidual(parts.threads, read);
  parts.quantizer.AddStepGradientFrom(read, test::Inner(dx_hat, e));
  // Backward rounds each of the products once to float, |dx_hat * e| <= 8, and
  // both round the result.
  const double g = 1 / std::sqrt(5.0 * 7 * 6 * 7);
  EXPECT_NEAR(GradientOf(parts), dstep,
              (g * 8 * whole.x.count() + 2 * std::abs(dstep)) * kRounding);
}

TEST(ActivationQuantizer, FullPrecisionPassesThrough) {
  const ThreadPool threads(1);
  ParameterStore store(/*with_gradients=*/true);
  const ActivationQuantizer quantizer(store, "conv1", Sign::kUnsigned,
                                      {BitWidth::kFloat});
  EXPECT_TRUE(store.parameters().empty());
  const Tensor x = RandomTensor({2, 6}, 4), dx_hat = RandomTensor({2, 6}, 5);
  const Tensor before = dx_hat.Clone();
  const auto read = quantizer.Forward(threads, x, BitWidth::kFloat,
                                      PassOf(Mode::kStepCalibration));
  EXPECT_TRUE(read.codes.empty());
  EXPECT_EQ(read.shape(), x.shape());
  EXPECT_EQ(read.Dequantized(threads).data(), x.data());
  EXPECT_THAT(quantizer.Backward(threads, read, dx_hat), HasBitsOf(before));
  EXPECT_TRUE(quantizer.StepResidual(threads, read).empty());
}

struct Watcher : CodeWatcher {
  void Reads(const std::string& layer, const TensorOf<uint8_t>& c) override {
    seen.emplace_back(layer, c.data());
  }
  std::vector<std::pair<std::string, const uint8_t*>> seen;
};

TEST(ActivationQuantizer, AWatcherIsToldOfCodes) {
  const Site site(Sign::kUnsigned);
  const auto read = site.Forward(BitWidth::k4, Mode::kInference);
  Pass pass = PassOf(Mode::kInference);
  TellReads(pass, "nobody", read);
  Watcher watcher;
  pass.watcher = &watcher;
  TellReads(pass, "conv2", read);
  TellReads(pass, "at full precision", QuantizedActivation());
  EXPECT_THAT(watcher.seen, ElementsAre(Pair("conv2", read.codes.data())));
}

}  // namespace
}  // namespace rtfq
