#include "rtfq/ops/conv2d_backward_weights.h"

#include <memory>
#include <string>
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
  return all;
}

// Products in a sum.
double TermsOf(const Conv2dGeometry& g) {
  return static_cast<double>(g.batch * g.out_size() * g.out_size());
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
    EXPECT_THAT(results[0], IsCloseTo(expected, SumBound(TermsOf(g), 1)));
    EXPECT_THAT(results[1], HasBitsOf(results[0]));
  }
}

TEST(Conv2dBackwardWeights, OfBf16AddsInF32) {
  const auto engine = Engine::Create(2).value();
  for (const Conv2dGeometry& g : Geometries()) {
    SCOPED_TRACE(g.ToString());
    const auto plan = Conv2dBackwardWeights<Bf16>::Create(*engine, g);
    if (absl::IsUnimplemented(plan.status())) {
      GTEST_SKIP() << "bf16 is not native here";
    }
    ASSERT_TRUE(plan.ok()) << plan.status();
    Tensor dy = RandomTensor(g.y_shape(), 1), x = RandomTensor(g.x_shape(), 2);
    auto narrow_dy = TensorOf<Bf16>::Uninitialized(g.y_shape());
    auto narrow_x = TensorOf<Bf16>::Uninitialized(g.x_shape());
    RoundToBf16(engine->threads(), dy, 1, narrow_dy.view());
    RoundToBf16(engine->threads(), x, 1, narrow_x.view());
    Widen(engine->threads(), narrow_dy, dy.view());
    Widen(engine->threads(), narrow_x, x.view());
    const Tensor dw = Tensor::Filled(g.w_shape(), 9);
    (*plan)->Run(narrow_x, narrow_dy, dw);
    const auto expected = test::ReferenceConv2dBackwardWeights(
        x, dy, g.stride, g.padding, g.w_shape());
    // The instruction rounds twice for each pair of products.
    EXPECT_THAT(dw, IsCloseTo(expected, SumBound(TermsOf(g), 1)));
  }
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

}  // namespace
}  // namespace rtfq::ops
