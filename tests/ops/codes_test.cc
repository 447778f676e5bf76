#include "rtfq/ops/codes.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/ops/lsq.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::ErrorBound;
using test::HasBitsOf;
using test::IsCloseTo;
using test::RandomTensor;

// Codes of all bit widths and both signs: right, back to the values that lsq
// makes bit for bit, and the same codes again.
template <typename Code>
void CheckAllBitWidths(Sign sign) {
  const ThreadPool threads(2);
  for (int b = 2; b <= 8; ++b) {
    const CodeRange range = CodesOf(static_cast<BitWidth>(b), sign);
    for (const float step : {0.013f, 0.9f / static_cast<float>(range.max)}) {
      SCOPED_TRACE(std::to_string(b) + " bits, step " + std::to_string(step));
      const Tensor v = RandomTensor({3, 33333}, b);
      auto codes = TensorOf<Code>::Uninitialized(v.shape());
      Quantize(threads, v, step, range, codes);
      const auto expected = test::ReferenceLsq(v, step, range, 1, v);
      EXPECT_THAT(codes, IsCloseTo(expected.codes, ErrorBound{}));

      Tensor value = Tensor::Uninitialized(v.shape());
      Dequantize(threads, codes, step, value);
      Tensor v_hat = Tensor::Uninitialized(v.shape());
      FakeQuantize(threads, v, step, range, v_hat);
      EXPECT_THAT(value, HasBitsOf(v_hat));

      auto again = TensorOf<Code>::Uninitialized(v.shape());
      Quantize(threads, value, step, range, again);
      EXPECT_THAT(again, IsCloseTo(codes, ErrorBound{}));
    }
  }
}

TEST(Codes, UnsignedAgreeWithLsq) {
  CheckAllBitWidths<uint8_t>(Sign::kUnsigned);
}
TEST(Codes, SignedAgreeWithLsq) { CheckAllBitWidths<int8_t>(Sign::kSigned); }

// A product with 1 / step would miss some of these: every tie of every step.
TEST(Codes, ExactTiesRoundToEven) {
  const ThreadPool threads(1);
  for (const float step : {0.1f, 0.3f, 0.7f, 1.0f / 3, 0.0123f}) {
    for (int k = 0; k < 255; ++k) {
      const float tie = (static_cast<float>(k) + 0.5f) * step;
      const Tensor v = Tensor::Filled({1}, tie);
      auto code = TensorOf<uint8_t>::Zeros({1});
      Quantize(threads, v, step, {0, 255}, code);
      EXPECT_EQ(code.data()[0], std::nearbyint(tie / step));
    }
  }
}

TEST(Codes, SpecialValues) {
  const ThreadPool threads(1);
  const Tensor v = Tensor::CopyOf(
      std::vector<float>{NAN, INFINITY, -INFINITY, 1e38f, -1e38f, -0.0f}, {6});
  auto u8 = TensorOf<uint8_t>::Zeros({6});
  Quantize(threads, v, 0.5f, CodesOf(BitWidth::k8, Sign::kUnsigned), u8);
  EXPECT_THAT(u8.span(), ::testing::ElementsAre(0, 255, 0, 255, 0, 0));
  auto s8 = TensorOf<int8_t>::Zeros({6});
  Quantize(threads, v, 0.5f, CodesOf(BitWidth::k8, Sign::kSigned), s8);
  EXPECT_THAT(s8.span(), ::testing::ElementsAre(-128, 127, -128, 127, -128, 0));
}

TEST(Codes, PrefixesAreReadAndWrittenInPlace) {
  const ThreadPool threads(2);
  const Tensor w = Tensor::CopyOf(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
  auto codes = TensorOf<int8_t>::Filled({2, 4}, 9);
  Quantize(threads, View<const float>(w).Prefix({2, 2}), 1,
           CodesOf(BitWidth::k4, Sign::kSigned), codes.view().Prefix({2, 2}));
  EXPECT_THAT(codes.span(), ::testing::ElementsAre(1, 2, 9, 9, 4, 5, 9, 9));
}

}  // namespace
}  // namespace rtfq::ops
