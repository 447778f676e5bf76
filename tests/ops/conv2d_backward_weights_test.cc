#include "rtfq/ops/conv2d_backward_weights.h"

#include <memory>
#include <string>
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

// Parts of the batch, where x outweighs the gradient, and of the output
// channels elsewhere; of one size and of two, fewer images than parts, pixels
// skipped.
std::vector<Conv2dGeometry> Geometries() {
  std::vector<Conv2dGeometry> all;
  for (const int64_t size : {5, 24}) {
    for (const int64_t batch : {1, 8, 11}) {
      for (const int kernel : {1, 3}) {
        for (const int stride : {1, 2}) {
          all.push_back({.batch = batch,
                         .in_channels = 24,
                         .out_channels = 72,
                         .in_size = size,
                         .kernel = kernel,
                         .stride = stride,
                         .padding = kernel / 2});
        }
      }
    }
  }
  // Light gradients: channels in parts of one size, and two numbers of them
  // that do not divide into vectors or into parts.
  for (const int64_t out_channels : {64, 12, 8}) {
    all.push_back({.batch = 3,
                   .in_channels = 24,
                   .out_channels = out_channels,
                   .in_size = 5,
                   .kernel = 3,
                   .stride = 1,
                   .padding = 1});
  }
  return all;
}

// Partial sums of n products of either sign reach about sqrt(n), and their n
// roundings, also of either sign, add up like sqrt(n) of them: n * kRounding.
ErrorBound BoundOf(const Conv2dGeometry& g) {
  return SumBound(static_cast<double>(g.batch * g.out_size() * g.out_size()),
                  1);
}

TEST(Conv2dBackwardWeights, EqualsTheReferenceOnAnyNumberOfThreads) {
  for (const Conv2dGeometry& g : Geometries()) {
    SCOPED_TRACE(g.ToString());
    const Tensor x = RandomTensor(g.x_shape(), 2);
    const Tensor dy = RandomTensor(g.y_shape(), 1);
    const auto expected = test::ReferenceConv2dBackwardWeights(
        x, dy, g.stride, g.padding, g.w_shape());
    std::vector<Tensor> results;
    for (const int threads : {1, 3}) {
      const auto engine = Engine::Create(threads).value();
      const auto plan =
          Conv2dBackwardWeights<float>::Create(*engine, g).value();
      results.push_back(Tensor::Filled(g.w_shape(), 9));
      plan->Run(x, dy, results.back());
    }
    EXPECT_THAT(results[0], IsCloseTo(expected, BoundOf(g)));
    EXPECT_THAT(results[1], HasBitsOf(results[0]));
  }
}

TEST(Conv2dBackwardWeights, OfBf16AddsInF32) {
  const auto engine = Engine::Create(2).value();
  int computed = 0;
  for (const Conv2dGeometry& g : Geometries()) {
    SCOPED_TRACE(g.ToString());
    const auto plan = Conv2dBackwardWeights<Bf16>::Create(*engine, g);
    if (absl::IsUnimplemented(plan.status())) continue;
    ASSERT_TRUE(plan.ok()) << plan.status();
    ++computed;
    const RandomBf16 dy(g.y_shape(), 1), x(g.x_shape(), 2);
    const Tensor dw = Tensor::Filled(g.w_shape(), 9);
    (*plan)->Run(x.narrow, dy.narrow, dw);
    const auto expected = test::ReferenceConv2dBackwardWeights(
        x.wide, dy.wide, g.stride, g.padding, g.w_shape());
    // Widened, they are exact; the sums are those of float.
    EXPECT_THAT(dw, IsCloseTo(expected, BoundOf(g)));
    // The same bits on another number of threads.
    const auto others = Engine::Create(3).value();
    const auto again = Conv2dBackwardWeights<Bf16>::Create(*others, g).value();
    const Tensor dw_again = Tensor::Filled(dw.shape(), 7);
    again->Run(x.narrow, dy.narrow, dw_again);
    EXPECT_THAT(dw_again, HasBitsOf(dw));
  }
  if (computed == 0) GTEST_SKIP() << "bf16 is not native here";
}

// The geometries above are of both kinds.
TEST(Conv2dBackwardWeights, SaysWhatItsPartsAre) {
  const auto engine = Engine::Create(1).value();
  int of_channels = 0, of_images = 0;
  for (const Conv2dGeometry& g : Geometries()) {
    const auto plan = Conv2dBackwardWeights<float>::Create(*engine, g).value();
    const bool channels =
        plan->Description().find("x (channels)") != std::string::npos;
    ++(channels ? of_channels : of_images);
  }
  EXPECT_GT(of_channels, 3);
  EXPECT_GT(of_images, 3);
}

TEST(Conv2dBackwardWeights, AnImpossibleConvolutionIsAnError) {
  const auto engine = Engine::Create(1).value();
  for (const Conv2dGeometry& g :
       test::ImpossibleGeometries(Geometries().front())) {
    EXPECT_EQ(Conv2dBackwardWeights<float>::Create(*engine, g).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Conv2dBackwardWeights<Bf16>::Create(*engine, g).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace rtfq::ops
