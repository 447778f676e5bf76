#include "rtfq/ops/requantize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/random.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::RandomTensor;

// Sums as of a convolution and a folded batch norm that spreads them over the
// codes and beyond both ends.
struct Site {
  explicit Site(const Shape& shape)
      : channels(shape[shape.rank() - 1]),
        sums(TensorOf<int32_t>::Uninitialized(shape)),
        scale(RandomTensor({channels}, 1, -1e-3, 1e-3)),
        bias(RandomTensor({channels}, 2, -1, 1)),
        shortcut(RandomTensor(shape, 3, -2, 2)) {
    Rng rng(4);
    for (int32_t& sum : sums.span()) {
      sum = static_cast<int32_t>(rng.Uniform(-5000, 5000));
    }
    if (sums.count() > 1) sums.data()[1] = 1 << 28;
  }
  // v with its two roundings; volatile forbids to fuse them.
  float Value(int64_t i) const {
    volatile float product =
        static_cast<float>(sums.data()[i]) * scale.data()[i % channels];
    volatile float v = product + bias.data()[i % channels];
    return v;
  }
  ChannelAffine affine() const { return {scale, bias}; }

  int64_t channels;
  TensorOf<int32_t> sums;
  Tensor scale, bias, shortcut;
};

// Hands the sums over as a convolution does: in blocks that are neither whole
// rows of channels nor dense, narrow and wide ones by turns.
void InBlocks(const Site& site, SumReader reader) {
  constexpr int64_t kPixels = 7, kStride = 131;
  const int64_t pixels = site.sums.count() / site.channels;
  std::vector<int32_t> sums(kPixels * kStride, -1);
  for (int64_t p = 0; p < pixels; p += kPixels) {
    for (int64_t c = 0, some = 24; c < site.channels; c += some) {
      some = some == 24 && c > 0 ? 100 : 24;
      if (site.channels == 64) some = 64;
      const SumBlock block = {.first_pixel = p,
                              .pixels = std::min(kPixels, pixels - p),
                              .first_channel = c,
                              .channels = std::min(some, site.channels - c),
                              .sums = sums.data(),
                              .stride = kStride};
      for (int64_t i = 0; i < block.pixels; ++i) {
        std::copy_n(site.sums.data() + (p + i) * site.channels + c,
                    block.channels, sums.data() + i * kStride);
      }
      reader(block);
    }
  }
}

const std::vector<Shape>& Shapes() {
  static const auto& shapes = *new std::vector<Shape>{{1, 1, 1, 1},
                                                      {2, 3, 3, 5},
                                                      {2, 9, 9, 64},
                                                      {1, 3, 1, 9000},
                                                      {40, 10, 10, 33}};
  return shapes;
}

float Relu(float v) { return v < 0 ? 0 : v; }

uint8_t Code(float v, float step, CodeRange range) {
  const float clamped =
      std::clamp(v / step, 0.0f, static_cast<float>(range.max));
  return static_cast<uint8_t>(std::nearbyint(clamped));
}

TEST(Requantize, CodesOfTheAffineValues) {
  for (const Shape& shape : Shapes()) {
    SCOPED_TRACE(shape.ToString());
    const Site site(shape);
    for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
      const CodeRange range = CodesOf(bits, Sign::kUnsigned);
      const float step = 2.0f / static_cast<float>(range.max);
      auto codes = TensorOf<uint8_t>::Filled(shape, 255);
      InBlocks(site, [&](const SumBlock& block) {
        RequantizeSums(block, site.affine(),
                       {CodeStep(step, range.max), codes});
      });
      for (int64_t i = 0; i < codes.count(); ++i) {
        ASSERT_EQ(codes.data()[i], Code(site.Value(i), step, range)) << i;
      }
    }
  }
}

TEST(Requantize, ScaledSums) {
  for (const Shape& shape : Shapes()) {
    SCOPED_TRACE(shape.ToString());
    const Site site(shape);
    Tensor y = Tensor::Filled(shape, NAN);
    InBlocks(site, [&](const SumBlock& block) { ScaleSums(block, 0.37f, y); });
    for (int64_t i = 0; i < y.count(); ++i) {
      ASSERT_EQ(y.data()[i], static_cast<float>(site.sums.data()[i]) * 0.37f)
          << i;
    }
  }
}

TEST(Requantize, AffineValues) {
  for (const Shape& shape : Shapes()) {
    SCOPED_TRACE(shape.ToString());
    const Site site(shape);
    for (const bool relu : {false, true}) {
      Tensor y = Tensor::Filled(shape, NAN);
      InBlocks(site, [&](const SumBlock& block) {
        AffineSums(block, site.affine(), relu, y);
      });
      for (int64_t i = 0; i < y.count(); ++i) {
        const float v = site.Value(i);
        ASSERT_EQ(y.data()[i], relu ? Relu(v) : v) << i;
      }
    }
  }
}

TEST(Requantize, EndOfAResidualBlock) {
  for (const Shape& shape : Shapes()) {
    SCOPED_TRACE(shape.ToString());
    const Site site(shape);
    const CodeRange range = CodesOf(BitWidth::k6, Sign::kUnsigned);
    const float step = 0.07f;
    Tensor out = Tensor::Uninitialized(shape);
    auto codes = TensorOf<uint8_t>::Uninitialized(shape);
    const CodeSink sink = {CodeStep(step, range.max), codes};
    InBlocks(site, [&](const SumBlock& block) {
      AddReluSums(block, site.affine(), {.values = site.shortcut}, shape, out,
                  &sink);
    });
    for (int64_t i = 0; i < out.count(); ++i) {
      ASSERT_EQ(out.data()[i], Relu(site.Value(i) + site.shortcut.data()[i]))
          << i;
      ASSERT_EQ(codes.data()[i], Code(out.data()[i], step, range)) << i;
    }
    const Tensor in_place = site.shortcut.Clone();
    InBlocks(site, [&](const SumBlock& block) {
      AddReluSums(block, site.affine(), {.values = in_place}, shape, in_place,
                  nullptr);
    });
    EXPECT_THAT(in_place, HasBitsOf(out));
  }
}

TEST(Requantize, EndOfAResidualBlockWhoseShortcutIsAConvolution) {
  for (const Shape& shape : Shapes()) {
    SCOPED_TRACE(shape.ToString());
    const Site site(shape);
    const CodeRange range = CodesOf(BitWidth::k8, Sign::kUnsigned);
    const float step = 0.013f;
    Tensor values = Tensor::Uninitialized(shape);
    Tensor out = Tensor::Uninitialized(shape);
    auto codes = TensorOf<uint8_t>::Filled(shape, 255);
    auto codes_alone = TensorOf<uint8_t>::Filled(shape, 255);
    InBlocks(site, [&](const SumBlock& block) {
      const Shortcut shortcut = {
          .values = {}, .sums = &block, .affine = {site.bias, site.scale}};
      const CodeStep code_step(step, range.max);
      const CodeSink sink = {code_step, codes};
      AddReluSums(block, site.affine(), shortcut, shape, out, &sink);
      const CodeSink alone = {code_step, codes_alone};
      AddReluSums(block, site.affine(), shortcut, shape, {}, &alone);
      AddReluSums(block, site.affine(), shortcut, shape, values, nullptr);
    });
    for (int64_t i = 0; i < out.count(); ++i) {
      volatile float product = static_cast<float>(site.sums.data()[i]) *
                               site.bias.data()[i % site.channels];
      volatile float added = product + site.scale.data()[i % site.channels];
      ASSERT_EQ(out.data()[i], Relu(site.Value(i) + added)) << i;
      ASSERT_EQ(codes.data()[i], Code(out.data()[i], step, range)) << i;
    }
    EXPECT_THAT(values, HasBitsOf(out));
    EXPECT_EQ(0, std::memcmp(codes.data(), codes_alone.data(),
                             static_cast<size_t>(codes.count())));
  }
}

TEST(Requantize, NotANumberBecomesZero) {
  const std::vector<int32_t> sums = {5, 5};
  const Tensor scale = Tensor::Filled({2}, NAN), bias = Tensor::Zeros({2});
  auto codes = TensorOf<uint8_t>::Filled({1, 1, 1, 2}, 9);
  RequantizeSums({.first_pixel = 0,
                  .pixels = 1,
                  .first_channel = 0,
                  .channels = 2,
                  .sums = sums.data(),
                  .stride = 2},
                 {scale, bias}, {CodeStep(1, 255), codes});
  EXPECT_THAT(codes.span(), ::testing::Each(0));
}

}  // namespace
}  // namespace rtfq::ops
