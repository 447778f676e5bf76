#include "rtfq/ops/conv2d_backward_data.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/ops/bf16.h"
#include "tests/testing/impossible_geometries.h"
#include "tests/testing/random_bf16.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::ErrorBound;
using test::HasBitsOf;
using test::IsCloseTo;
using test::RandomBf16;
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

// Partial sums of n products of either sign reach about sqrt(n), and their n
// roundings, also of either sign, add up like sqrt(n) of them: n * kRounding.
ErrorBound BoundOf(const Conv2dGeometry& g) {
  return SumBound(static_cast<double>(g.out_channels * g.kernel * g.kernel), 1);
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
    EXPECT_THAT(results[0], IsCloseTo(expected, BoundOf(g)));
    EXPECT_THAT(results[1], HasBitsOf(results[0]));
  }
}

TEST(Conv2dBackwardData, OfBf16AddsInF32) {
  const auto engine = Engine::Create(2).value();
  int computed = 0;
  for (const Conv2dGeometry& g : Geometries()) {
    SCOPED_TRACE(g.ToString());
    const auto plan = Conv2dBackwardData<Bf16>::Create(*engine, g);
    if (absl::IsUnimplemented(plan.status())) continue;
    ASSERT_TRUE(plan.ok()) << plan.status();
    ++computed;
    const RandomBf16 dy(g.y_shape(), 1), w(g.w_shape(), 2);
    const Tensor dx = Tensor::Filled(g.x_shape(), 9);
    (*plan)->Run(dy.narrow, w.narrow, dx);
    const auto expected = test::ReferenceConv2dBackwardData(
        dy.wide, w.wide, g.stride, g.padding, g.x_shape());
    // Widened, they are exact; the sums are those of float.
    EXPECT_THAT(dx, IsCloseTo(expected, BoundOf(g)));
    // The same bits on another number of threads.
    const auto others = Engine::Create(3).value();
    const auto again = Conv2dBackwardData<Bf16>::Create(*others, g).value();
    const Tensor dx_again = Tensor::Filled(dx.shape(), 7);
    again->Run(dy.narrow, w.narrow, dx_again);
    EXPECT_THAT(dx_again, HasBitsOf(dx));
  }
  if (computed == 0) GTEST_SKIP() << "bf16 is not native here";
}

TEST(Conv2dBackwardData, NamesItsKernel) {
  const auto engine = Engine::Create(1).value();
  const auto plan =
      Conv2dBackwardData<float>::Create(*engine, Geometries().back()).value();
  EXPECT_EQ(plan->Description().rfind("8 x ", 0), 0u) << plan->Description();
}

TEST(Conv2dBackwardData, AnImpossibleConvolutionIsAnError) {
  const auto engine = Engine::Create(1).value();
  for (const Conv2dGeometry& g :
       test::ImpossibleGeometries(Geometries().front())) {
    EXPECT_EQ(Conv2dBackwardData<float>::Create(*engine, g).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Conv2dBackwardData<Bf16>::Create(*engine, g).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace rtfq::ops
