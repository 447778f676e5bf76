#include "rtfq/ops/conv2d_bf16_gradients.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/random.h"
#include "tests/testing/bf16_geometries.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

// Integers below 2^7: products and sums here are exact in f32, so every order
// of adding gives the same bits, natively and widened.
TensorOf<int8_t> RandomCodes(const Shape& shape, uint64_t seed) {
  Rng rng(seed);
  auto codes = TensorOf<int8_t>::Uninitialized(shape);
  for (int8_t& c : codes.span()) {
    c = static_cast<int8_t>(rng.Uniform(-127, 127));
  }
  return codes;
}

// The images' codes as the network holds them; unsigned ones are 0 to 127.
TensorOf<uint8_t> RandomInput(const Shape& shape, Sign sign) {
  const TensorOf<int8_t> codes = RandomCodes(shape, 1);
  auto bytes = TensorOf<uint8_t>::Uninitialized(shape);
  for (int64_t i = 0; i < codes.count(); ++i) {
    const int code = codes.data()[i];
    bytes.data()[i] =
        static_cast<uint8_t>(sign == Sign::kSigned ? code : std::abs(code));
  }
  return bytes;
}

TensorOf<Bf16> Narrow(const Engine& engine, const TensorOf<int8_t>& codes) {
  auto result = TensorOf<Bf16>::Uninitialized(codes.shape());
  CodesToBf16(engine.threads(), codes, result.view());
  return result;
}

template <typename Code>
Tensor Wide(const TensorOf<Code>& codes, Sign sign = Sign::kSigned) {
  Tensor wide = Tensor::Uninitialized(codes.shape());
  for (int64_t i = 0; i < codes.count(); ++i) {
    const Code code = codes.data()[i];
    wide.data()[i] = sign == Sign::kSigned
                         ? static_cast<float>(static_cast<int8_t>(code))
                         : static_cast<float>(code);
  }
  return wide;
}

TensorOf<Bf16> Numbers(const Engine& engine, const TensorOf<uint8_t>& codes,
                       Sign sign) {
  const Tensor wide = Wide(codes, sign);
  auto result = TensorOf<Bf16>::Uninitialized(codes.shape());
  RoundToBf16(engine.threads(), wide, 1.0f, result.view());
  return result;
}

Sign SignOf(const Conv2dGeometry& g) {
  return g.in_channels == 3 ? Sign::kSigned : Sign::kUnsigned;
}

TEST(Conv2dBf16Gradients, OfIntegersHaveTheBitsOfF32) {
  const auto engine = Engine::Create(2).value();
  for (const Conv2dGeometry& g : test::Bf16Geometries()) {
    SCOPED_TRACE(g.ToString());
    // 2^7 * 2^7 * terms must stay within 2^24.
    ASSERT_LE(g.batch * g.out_size() * g.out_size(), 1 << 10);
    const auto plan = Conv2dBf16Gradients::Create(*engine, g);
    ASSERT_TRUE(plan.ok()) << plan.status();
    SCOPED_TRACE((*plan)->Description());
    const auto x = RandomInput(g.x_shape(), SignOf(g));
    const auto w = RandomCodes(g.w_shape(), 2);
    const auto dy = RandomCodes(g.y_shape(), 3);
    Tensor dx = Tensor::Filled(g.x_shape(), 1), dw = Tensor::Zeros(g.w_shape());
    (*plan)->BackwardData(Narrow(*engine, dy), w, dx);
    (*plan)->BackwardWeights(x, SignOf(g), Narrow(*engine, dy), dw);

    const auto oracle = Conv2dPlan::Create(*engine, g).value();
    Tensor dx_want = Tensor::Zeros(g.x_shape());
    Tensor dw_want = Tensor::Filled(g.w_shape(), 1);
    oracle->BackwardData(Wide(dy), Wide(w), dx_want);
    oracle->BackwardWeights(Wide(x, SignOf(g)), Wide(dy), dw_want);
    EXPECT_THAT(dw, test::HasBitsOf(dw_want));
    // Of the same integers as numbers in bf16.
    Tensor dx_of_numbers = Tensor::Filled(g.x_shape(), 2);
    Tensor dw_of_numbers = Tensor::Filled(g.w_shape(), 2);
    (*plan)->BackwardData(Narrow(*engine, dy), Narrow(*engine, w),
                          dx_of_numbers);
    (*plan)->BackwardWeights(Numbers(*engine, x, SignOf(g)),
                             Narrow(*engine, dy), dw_of_numbers);
    EXPECT_THAT(dx_of_numbers, test::HasBitsOf(dx));
    EXPECT_THAT(dw_of_numbers, test::HasBitsOf(dw));
    if (g.kernel * g.kernel * g.out_channels <= 1 << 10) {
      EXPECT_THAT(dx, test::HasBitsOf(dx_want));
    }
  }
}

TEST(Conv2dBf16Gradients, BitsDoNotDependOnTheNumberOfThreads) {
  const auto one = Engine::Create(1).value();
  const auto four = Engine::Create(4).value();
  for (const Conv2dGeometry& g : test::Bf16Geometries()) {
    SCOPED_TRACE(g.ToString());
    Rng rng(5);
    Tensor values = Tensor::Uninitialized(g.y_shape());
    for (float& v : values.span()) v = static_cast<float>(rng.Uniform(-1, 1));
    std::vector<std::vector<Tensor>> results;
    for (const Engine* engine : {one.get(), four.get()}) {
      const auto plan = Conv2dBf16Gradients::Create(*engine, g).value();
      auto dy = TensorOf<Bf16>::Uninitialized(g.y_shape());
      RoundToBf16(engine->threads(), values, 0.125f, dy.view());
      const auto junk = static_cast<float>(results.size());
      std::vector<Tensor> r = {Tensor::Filled(g.x_shape(), junk),
                               Tensor::Filled(g.w_shape(), junk)};
      plan->BackwardData(dy, RandomCodes(g.w_shape(), 2), r[0]);
      plan->BackwardWeights(RandomInput(g.x_shape(), SignOf(g)), SignOf(g), dy,
                            r[1]);
      results.push_back(r);
    }
    EXPECT_THAT(results[1][0], test::HasBitsOf(results[0][0])) << "data";
    EXPECT_THAT(results[1][1], test::HasBitsOf(results[0][1])) << "weights";
  }
}

}  // namespace
}  // namespace rtfq::ops
