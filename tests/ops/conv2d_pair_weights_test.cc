// Gradients of integers, bit for bit, are held by conv2d_bf16_gradients_test;
// here numbers of any kind, and batches that are taken a few images at a time.
#include "rtfq/ops/conv2d_pair_weights.h"

#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/random.h"
#include "tests/testing/cpu_features.h"
#include "tests/testing/random_bf16.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::IsCloseTo;

struct Case {
  explicit Case(const Conv2dGeometry& g)
      : geometry(g),
        codes(TensorOf<uint8_t>::Uninitialized(g.x_shape())),
        x(Tensor::Uninitialized(g.x_shape())),
        dy(g.y_shape(), 2) {
    Rng rng(1);
    for (int64_t i = 0; i < codes.count(); ++i) {
      codes.data()[i] = static_cast<uint8_t>(rng.Below(256));
      x.data()[i] = codes.data()[i];
    }
  }
  Tensor Run(int num_threads) const {
    const auto engine = Engine::Create(num_threads).value();
    const Conv2dPairWeights plan(*engine, geometry);
    Tensor dw = Tensor::Filled(geometry.w_shape(), 9);
    plan.Run(codes, Sign::kUnsigned, dy.narrow, dw);
    return dw;
  }

  Conv2dGeometry geometry;
  TensorOf<uint8_t> codes;
  Tensor x;
  test::RandomBf16 dy;
};

TEST(Conv2dPairWeights, EqualsTheReference) {
  if (!test::HasAvx512Bf16()) GTEST_SKIP() << "needs AVX512-BF16";
  for (const auto& [kernel, stride] :
       {std::pair{1, 1}, {1, 2}, {2, 1}, {3, 1}, {3, 2}}) {
    for (const int64_t size : {1, 6, 9}) {
      for (const auto& [in, out] :
           {std::pair<int64_t, int64_t>{3, 5}, {40, 8}, {70, 30}}) {
        const Case c({.batch = 2,
                      .in_channels = in,
                      .out_channels = out,
                      .in_size = size,
                      .kernel = kernel,
                      .stride = stride,
                      .padding = kernel / 2});
        SCOPED_TRACE(c.geometry.ToString());
        const auto expected = test::ReferenceConv2dBackwardWeights(
            c.x, c.dy.wide, stride, kernel / 2, c.geometry.w_shape());
        // Terms of up to 255; the instruction rounds twice for each pair.
        const auto terms = static_cast<double>(2 * c.geometry.out_size() *
                                               c.geometry.out_size());
        EXPECT_THAT(c.Run(2), IsCloseTo(expected, test::SumBound(terms, 255)));
      }
    }
  }
}

// An image's panels weigh 1.6 MB and more: each is a part of its own.
TEST(Conv2dPairWeights, PartsOfTheBatchAddUpOnAnyNumberOfThreads) {
  if (!test::HasAvx512Bf16()) GTEST_SKIP() << "needs AVX512-BF16";
  const Case c({.batch = 3,
                .in_channels = 64,
                .out_channels = 24,
                .in_size = 56,
                .kernel = 3,
                .padding = 1});
  const auto expected = test::ReferenceConv2dBackwardWeights(
      c.x, c.dy.wide, 1, 1, c.geometry.w_shape());
  const Tensor dw = c.Run(1);
  EXPECT_THAT(dw, IsCloseTo(expected, test::SumBound(3.0 * 56 * 56, 255)));
  EXPECT_THAT(c.Run(3), HasBitsOf(dw));
}

TEST(Conv2dPairWeights, WideWindowsDoNotSuit) {
  EXPECT_TRUE(Conv2dPairWeights::Suits({.kernel = 3, .padding = 1}));
  EXPECT_FALSE(Conv2dPairWeights::Suits({.kernel = 7, .padding = 3}));
  EXPECT_FALSE(Conv2dPairWeights::Suits({.kernel = 1, .padding = 1}));
}

}  // namespace
}  // namespace rtfq::ops
