#include "rtfq/ops/conv2d_amx_weights.h"

#include <cstdint>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/random.h"
#include "tests/testing/cpu_features.h"
#include "tests/testing/random_bf16.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::IsCloseTo;

// x as codes of either sign, and as the same numbers in bf16 and in f32.
struct Case {
  Case(const Conv2dGeometry& g, Sign s)
      : geometry(g),
        sign(s),
        codes(TensorOf<uint8_t>::Uninitialized(g.x_shape())),
        x(Tensor::Uninitialized(g.x_shape())),
        x_narrow(TensorOf<Bf16>::Uninitialized(g.x_shape())),
        dy(g.y_shape(), 2) {
    Rng rng(1);
    for (int64_t i = 0; i < codes.count(); ++i) {
      const auto code = static_cast<uint8_t>(rng.Below(256));
      codes.data()[i] = code;
      x.data()[i] = sign == Sign::kSigned
                        ? static_cast<float>(static_cast<int8_t>(code))
                        : static_cast<float>(code);
    }
    RoundToBf16(ThreadPool(1), x, /*factor=*/1, x_narrow.view());
  }
  Tensor OfCodes(int num_threads) const {
    const auto engine = Engine::Create(num_threads).value();
    Tensor dw = Tensor::Filled(geometry.w_shape(), 9);
    Conv2dAmxWeights(*engine, geometry).Run(codes, sign, dy.narrow, dw);
    return dw;
  }
  Tensor OfNumbers(int num_threads) const {
    const auto engine = Engine::Create(num_threads).value();
    Tensor dw = Tensor::Filled(geometry.w_shape(), 8);
    Conv2dAmxWeights(*engine, geometry).Run(x_narrow, dy.narrow, dw);
    return dw;
  }
  test::Array Expected() const {
    return test::ReferenceConv2dBackwardWeights(
        x, dy.wide, geometry.stride, geometry.padding, geometry.w_shape());
  }
  // Terms of up to 255; the instruction rounds twice for each pair.
  auto Bound() const {
    return test::SumBound(
        static_cast<double>(geometry.batch * geometry.out_size() *
                            geometry.out_size()),
        255);
  }

  Conv2dGeometry geometry;
  Sign sign;
  TensorOf<uint8_t> codes;
  Tensor x;
  TensorOf<Bf16> x_narrow;
  test::RandomBf16 dy;
};

TEST(Conv2dAmxWeights, EqualsTheReference) {
  if (!test::HasAmxBf16()) GTEST_SKIP() << "needs AMX with bf16";
  for (const auto& [kernel, stride] : {std::pair{1, 1},
                                       {1, 2},
                                       {1, 3},
                                       {2, 1},
                                       {2, 2},
                                       {3, 1},
                                       {3, 2},
                                       {3, 3}}) {
    for (const int64_t size : {3, 6, 9, 14}) {
      for (const auto& [in, out] :
           {std::pair<int64_t, int64_t>{3, 5}, {40, 8}, {70, 33}, {32, 48}}) {
        const Case c({.batch = 3,
                      .in_channels = in,
                      .out_channels = out,
                      .in_size = size,
                      .kernel = kernel,
                      .stride = stride,
                      .padding = kernel / 2},
                     in == 40 ? Sign::kSigned : Sign::kUnsigned);
        SCOPED_TRACE(c.geometry.ToString());
        const Tensor dw = c.OfCodes(2);
        EXPECT_THAT(dw, IsCloseTo(c.Expected(), c.Bound()));
        EXPECT_THAT(c.OfNumbers(2), HasBitsOf(dw));
      }
    }
  }
}

// The panels of an image weigh 1.6 MB, those of all pixels of the second case
// 3 MB: the batch is taken in parts.
TEST(Conv2dAmxWeights, PartsOfTheBatchAddUpOnAnyNumberOfThreads) {
  if (!test::HasAmxBf16()) GTEST_SKIP() << "needs AMX with bf16";
  for (const Conv2dGeometry& g : {Conv2dGeometry{.batch = 3,
                                 .in_channels = 64,
                                 .out_channels = 24,
                                 .in_size = 56,
                                 .kernel = 3,
                                 .padding = 1},
                                  Conv2dGeometry{.batch = 3,
                                  .in_channels = 64,
                                  .out_channels = 96,
                                  .in_size = 57}}) {
    const Case c(g, Sign::kUnsigned);
    SCOPED_TRACE(g.ToString());
    const Tensor dw = c.OfCodes(1);
    EXPECT_THAT(dw, IsCloseTo(c.Expected(), c.Bound()));
    EXPECT_THAT(c.OfCodes(3), HasBitsOf(dw));
    EXPECT_THAT(c.OfNumbers(3), HasBitsOf(dw));
  }
}

TEST(Conv2dAmxWeights, WideWindowsDoNotSuit) {
  EXPECT_TRUE(Conv2dAmxWeights::Suits({.kernel = 3, .padding = 1}));
  EXPECT_FALSE(Conv2dAmxWeights::Suits({.kernel = 7, .padding = 3}));
  EXPECT_FALSE(Conv2dAmxWeights::Suits({.kernel = 1, .padding = 1}));
}

}  // namespace
}  // namespace rtfq::ops
