#include "rtfq/ops/conv2d_backward_data.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/ops/bf16.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::IsCloseTo;
using test::RandomTensor;
using test::SumBound;

// Batches of fewer images than there are parts, of parts of one size and of
// two.
std::vector<Conv2dGeometry> Geometries() {
  std::vector<Conv2dGeometry> all;
  for (const int64_t batch : {1, 8, 11}) {
    for (const int kernel : {1, 3}) {
      for (const int stride : {1, 2}) {
        all.push_back({.batch = batch,
                       .in_channels = 24,
                       .out_channels = 40,
                       .in_size = 7,
                       .kernel = kernel,
                       .stride = stride,
                       .padding = kernel / 2});
      }
    }
  }
  return all;
}

TEST(Conv2dBackwardData, EqualsTheReferenceOnAnyNumberOfThreads) {
  for (const Conv2dGeometry& g : Geometries()) {
    SCOPED_TRACE(g.ToString());
    const Tensor dy = RandomTensor(g.y_shape(), 1),
                 w = RandomTensor(g.w_shape(), 2);
    const auto expected = test::ReferenceConv2dBackwardData(
        dy, w, g.stride, g.padding, g.x_shape());
    std::vector<Tensor> results;
    for (const int threads : {1, 3}) {
      const auto engine = Engine::Create(threads).value();
      const auto plan = Conv2dBackwardData<float>::Create(*engine, g).value();
      results.push_back(Tensor::Filled(g.x_shape(), 9));
      plan->Run(dy, w, results.back());
    }
    const auto terms = static_cast<double>(40 * g.kernel * g.kernel);
    EXPECT_THAT(results[0], IsCloseTo(expected, SumBound(terms, 1)));
    EXPECT_THAT(results[1], HasBitsOf(results[0]));
  }
}

TEST(Conv2dBackwardData, OfBf16AddsInF32) {
  const auto engine = Engine::Create(2).value();
  for (const Conv2dGeometry& g : Geometries()) {
    SCOPED_TRACE(g.ToString());
    const auto plan = Conv2dBackwardData<Bf16>::Create(*engine, g);
    if (absl::IsUnimplemented(plan.status())) {
      GTEST_SKIP() << "bf16 is not native here";
    }
    ASSERT_TRUE(plan.ok()) << plan.status();
    Tensor dy = RandomTensor(g.y_shape(), 1), w = RandomTensor(g.w_shape(), 2);
    auto narrow_dy = TensorOf<Bf16>::Uninitialized(g.y_shape());
    auto narrow_w = TensorOf<Bf16>::Uninitialized(g.w_shape());
    RoundToBf16(engine->threads(), dy, 1, narrow_dy.view());
    RoundToBf16(engine->threads(), w, 1, narrow_w.view());
    Widen(engine->threads(), narrow_dy, dy.view());
    Widen(engine->threads(), narrow_w, w.view());
    const Tensor dx = Tensor::Filled(g.x_shape(), 9);
    (*plan)->Run(narrow_dy, narrow_w, dx);
    const auto expected = test::ReferenceConv2dBackwardData(
        dy, w, g.stride, g.padding, g.x_shape());
    // The instruction rounds twice for each pair of products.
    const auto terms = static_cast<double>(40 * g.kernel * g.kernel);
    EXPECT_THAT(dx, IsCloseTo(expected, SumBound(terms, 1)));
  }
}

TEST(Conv2dBackwardData, NamesItsKernel) {
  const auto engine = Engine::Create(1).value();
  const auto plan =
      Conv2dBackwardData<float>::Create(*engine, Geometries().back()).value();
  EXPECT_EQ(plan->Description().rfind("8 x ", 0), 0u) << plan->Description();
}

}  // namespace
}  // namespace rtfq::ops
