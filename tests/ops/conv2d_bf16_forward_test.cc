#include "rtfq/ops/conv2d_bf16_forward.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/ops/conv2d.h"
#include "tests/testing/bf16_geometries.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

TensorOf<Bf16> Rounded(const Engine& engine, const Tensor& v) {
  auto result = TensorOf<Bf16>::Uninitialized(v.shape());
  RoundToBf16(engine.threads(), v, 1.0f, result.view());
  return result;
}

// Integers below 2^5: all products and sums are exact in f32, so every order of
// adding gives the same bits, natively and widened.
TEST(Conv2dBf16Forward, OfIntegersHasTheBitsOfF32) {
  const auto engine = Engine::Create(2).value();
  for (const Conv2dGeometry& g : test::Bf16Geometries()) {
    SCOPED_TRACE(g.ToString());
    // 2^5 * 2^5 * terms must stay within 2^24.
    ASSERT_LE(g.in_channels * g.kernel * g.kernel, 1 << 14);
    const auto plan = Conv2dBf16Forward::Create(*engine, g);
    ASSERT_TRUE(plan.ok()) << plan.status();
    SCOPED_TRACE((*plan)->Description());
    Tensor x = test::RandomTensor(g.x_shape(), 1, -32, 32),
           w = test::RandomTensor(g.w_shape(), 2, -32, 32);
    for (float& v : x.span()) v = std::trunc(v);
    for (float& v : w.span()) v = std::trunc(v);
    Tensor y = Tensor::Filled(g.y_shape(), 1),
           want = Tensor::Zeros(g.y_shape());
    (*plan)->Run(Rounded(*engine, x), Rounded(*engine, w), y);
    Conv2dPlan::Create(*engine, g).value()->Forward(x, w, want);
    EXPECT_THAT(y, test::HasBitsOf(want));
  }
}

TEST(Conv2dBf16Forward, BitsDoNotDependOnTheNumberOfThreads) {
  const auto one = Engine::Create(1).value();
  const auto four = Engine::Create(4).value();
  for (const Conv2dGeometry& g : test::Bf16Geometries()) {
    SCOPED_TRACE(g.ToString());
    std::vector<Tensor> results;
    for (const Engine* engine : {one.get(), four.get()}) {
      Tensor y =
          Tensor::Filled(g.y_shape(), static_cast<float>(results.size()));
      Conv2dBf16Forward::Create(*engine, g)
          .value()
          ->Run(Rounded(*engine, test::RandomTensor(g.x_shape(), 3, -1, 1)),
                Rounded(*engine, test::RandomTensor(g.w_shape(), 4, -1, 1)), y);
      results.push_back(y);
    }
    EXPECT_THAT(results[1], test::HasBitsOf(results[0]));
  }
}

TEST(Conv2dBf16Forward, AGeometryThatFitsNothingIsRefused) {
  const auto engine = Engine::Create(1).value();
  const Conv2dGeometry g = {.batch = 1,
                            .in_channels = 4,
                            .out_channels = 4,
                            .in_size = 2,
                            .kernel = 7,
                            .stride = 1,
                            .padding = 0};
  EXPECT_FALSE(Conv2dBf16Forward::Create(*engine, g).ok());
}

}  // namespace
}  // namespace rtfq::ops
