// Run under each ONEDNN_MAX_CPU_ISA (tests/ops/BUILD): the sums must be exact
// on all of them.
#include "rtfq/ops/conv2d_int8.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/random.h"

namespace rtfq::ops {
namespace {

struct Codes {
  TensorOf<uint8_t> x;
  TensorOf<int8_t> w;
};

// `extreme`: only the ends of the ranges, so that two products leave 16 bits
// and long sums leave f32's integers.
Codes RandomCodes(const Conv2dGeometry& g, BitWidth bits, Sign sign,
                  bool extreme) {
  Rng rng(7);
  Codes codes = {TensorOf<uint8_t>::Uninitialized(g.x_shape()),
                 TensorOf<int8_t>::Uninitialized(g.w_shape())};
  const auto draw = [&](CodeRange r) {
    if (extreme) return rng.Below(16) == 0 ? r.min : r.max;
    return static_cast<int32_t>(r.min + rng.Below(r.max - r.min + 1));
  };
  for (uint8_t& q : codes.x.span())
    q = static_cast<uint8_t>(draw(CodesOf(bits, sign)));
  for (int8_t& q : codes.w.span())
    q = static_cast<int8_t>(draw(CodesOf(bits, Sign::kSigned)));
  return codes;
}

std::vector<int32_t> SlowSums(const Conv2dGeometry& g, const Codes& codes,
                              Sign sign) {
  const int64_t q = g.out_size();
  std::vector<int32_t> acc(g.y_shape().count(), 0);
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t p = 0; p < q; ++p)
      for (int64_t r = 0; r < q; ++r)
        for (int64_t o = 0; o < g.out_channels; ++o) {
          int32_t sum = 0;
          for (int64_t u = 0; u < g.kernel; ++u)
            for (int64_t v = 0; v < g.kernel; ++v) {
              const int64_t h = p * g.stride + u - g.padding;
              const int64_t w = r * g.stride + v - g.padding;
              if (h < 0 || w < 0 || h >= g.in_size || w >= g.in_size) continue;
              for (int64_t i = 0; i < g.in_channels; ++i) {
                const uint8_t byte =
                    codes.x.data()[((n * g.in_size + h) * g.in_size + w) *
                                       g.in_channels +
                                   i];
                const int32_t x = sign == Sign::kSigned
                                      ? static_cast<int8_t>(byte)
                                      : static_cast<int32_t>(byte);
                sum += x *
                       codes.w.data()[((o * g.in_channels + i) * g.kernel + u) *
                                          g.kernel +
                                      v];
              }
            }
          acc[((n * q + p) * q + r) * g.out_channels + o] = sum;
        }
  return acc;
}

void ExpectExact(const Conv2dGeometry& g, BitWidth bits, Sign sign,
                 bool extreme) {
  SCOPED_TRACE(g.ToString() + ", " + std::to_string(BitsOf(bits)) + " bits, " +
               DnnlIsaName());
  const auto engine = Engine::Create(2).value();
  const auto plan = Conv2dInt8Plan::Create(*engine, g, bits, sign);
  ASSERT_TRUE(plan.ok()) << plan.status();
  const Codes codes = RandomCodes(g, bits, sign, extreme);
  auto acc = TensorOf<int32_t>::Uninitialized(g.y_shape());
  (*plan)->Forward(codes.x, codes.w, acc);
  // Packed once and used twice, the weights give the same sums.
  const Conv2dInt8Plan::PackedWeights packed = (*plan)->Pack(codes.w);
  EXPECT_GE(packed.bytes(), g.w_shape().count());
  for (int i = 0; i < 2; ++i) {
    auto again = TensorOf<int32_t>::Uninitialized(g.y_shape());
    (*plan)->Forward(codes.x, packed, again);
    EXPECT_TRUE(std::ranges::equal(again.span(), acc.span()));
  }
  // Handed over block by block, too.
  auto read = TensorOf<int32_t>::Filled(g.y_shape(), -1);
  const auto reader = [&](const SumBlock& block) {
    for (int64_t i = 0; i < block.pixels; ++i) {
      std::copy_n(block.sums + i * block.stride, block.channels,
                  read.data() + (block.first_pixel + i) * g.out_channels +
                      block.first_channel);
    }
  };
  (*plan)->Forward(codes.x, codes.w, reader);
  EXPECT_TRUE(std::ranges::equal(read.span(), acc.span()));
  std::ranges::fill(read.span(), -1);
  (*plan)->Forward(codes.x, packed, reader);
  EXPECT_TRUE(std::ranges::equal(read.span(), acc.span()));
  const std::vector<int32_t> expected = SlowSums(g, codes, sign);
  int64_t wrong = 0;
  size_t worst = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto off = [&](size_t j) {
      return std::abs(int64_t{acc.data()[j]} - expected[j]);
    };
    wrong += off(i) != 0;
    if (off(i) > off(worst)) worst = i;
  }
  EXPECT_EQ(wrong, 0) << "of " << expected.size() << "; worst at " << worst
                      << ": " << acc.data()[worst] << " instead of "
                      << expected[worst] << "; " << (*plan)->Description();
}

TEST(Conv2dInt8Test, PairsAreExact) {
  const auto engine = Engine::Create(2).value();
  const Conv2dGeometry last = {
      .batch = 2, .in_channels = 24, .out_channels = 70, .in_size = 9};
  const Conv2dGeometry shortcut = {.batch = 2,
                                   .in_channels = 80,
                                   .out_channels = 70,
                                   .in_size = 18,
                                   .stride = 2};
  const Sign sign = Sign::kUnsigned;
  const Codes one = RandomCodes(last, BitWidth::k8, sign, false);
  const Codes two = RandomCodes(shortcut, BitWidth::k8, sign, false);
  const auto plan =
      Conv2dInt8Plan::Create(*engine, last, BitWidth::k8, sign).value();
  const auto other =
      Conv2dInt8Plan::Create(*engine, shortcut, BitWidth::k8, sign).value();
  std::vector<int32_t> sums(last.y_shape().count(), -1), others = sums;
  plan->ForwardPair(
      one.x, plan->Pack(one.w), *other, two.x, other->Pack(two.w),
      [&](const SumBlock& a, const SumBlock& b) {
        ASSERT_EQ(a.first_pixel, b.first_pixel);
        ASSERT_EQ(a.pixels, b.pixels);
        ASSERT_EQ(a.first_channel, b.first_channel);
        ASSERT_EQ(a.channels, b.channels);
        for (int64_t i = 0; i < a.pixels; ++i) {
          const int64_t at =
              (a.first_pixel + i) * last.out_channels + a.first_channel;
          std::copy_n(a.sums + i * a.stride, a.channels, sums.data() + at);
          std::copy_n(b.sums + i * b.stride, b.channels, others.data() + at);
        }
      });
  EXPECT_EQ(sums, SlowSums(last, one, sign));
  EXPECT_EQ(others, SlowSums(shortcut, two, sign));
}

TEST(Conv2dInt8Test, RandomCodesAreExact) {
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    for (const int kernel : {1, 3}) {
      for (const int stride : {1, 2}) {
        ExpectExact({.batch = 2,
                     .in_channels = 24,
                     .out_channels = 40,
                     .in_size = 9,
                     .kernel = kernel,
                     .stride = stride,
                     .padding = kernel / 2},
                    bits, Sign::kUnsigned, /*extreme=*/false);
      }
    }
  }
}

TEST(Conv2dInt8Test, EndsOfTheRangesAreExact) {
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    ExpectExact({.batch = 1,
                 .in_channels = 64,
                 .out_channels = 16,
                 .in_size = 5,
                 .kernel = 3,
                 .padding = 1},
                bits, Sign::kUnsigned, /*extreme=*/true);
  }
}

// 512 * 9 * 255 * 127 is nine times 2^24.
TEST(Conv2dInt8Test, SumsBeyondTheIntegersOfF32AreExact) {
  ExpectExact({.batch = 1,
               .in_channels = 512,
               .out_channels = 16,
               .in_size = 3,
               .kernel = 3,
               .padding = 1},
              BitWidth::k8, Sign::kUnsigned, /*extreme=*/true);
  ExpectExact(
      {.batch = 1, .in_channels = 2048, .out_channels = 24, .in_size = 2},
      BitWidth::k8, Sign::kUnsigned, /*extreme=*/true);
}

TEST(Conv2dInt8Test, SignedStemIsExact) {
  for (const bool extreme : {false, true}) {
    ExpectExact({.batch = 2,
                 .in_channels = 3,
                 .out_channels = 16,
                 .in_size = 17,
                 .kernel = 7,
                 .stride = 2,
                 .padding = 3},
                BitWidth::k8, Sign::kSigned, extreme);
  }
}

// oneDNN's own kernel for such convolutions has threads write into each other's
// memory, now and then, at some numbers of channels.
TEST(Conv2dInt8Test, SkippingPixelsIsTheSameEveryTime) {
  for (const int64_t channels : {40, 152, 5}) {
    for (const int num_threads : {2, 3}) {
      const Conv2dGeometry g = {.batch = 3,
                                .in_channels = channels,
                                .out_channels = 2 * channels,
                                .in_size = 9,
                                .kernel = 1,
                                .stride = 2};
      SCOPED_TRACE(g.ToString());
      const auto engine = Engine::Create(num_threads).value();
      const auto plan =
          Conv2dInt8Plan::Create(*engine, g, BitWidth::k8, Sign::kUnsigned)
              .value();
      const Codes codes = RandomCodes(g, BitWidth::k8, Sign::kUnsigned, false);
      const std::vector<int32_t> expected = SlowSums(g, codes, Sign::kUnsigned);
      for (int i = 0; i < 50; ++i) {
        auto acc = TensorOf<int32_t>::Uninitialized(g.y_shape());
        plan->Forward(codes.x, codes.w, acc);
        ASSERT_TRUE(std::ranges::equal(acc.span(), expected)) << i;
      }
    }
  }
}

TEST(Conv2dInt8Test, OddChannelCountsAreExact) {
  ExpectExact({.batch = 2, .in_channels = 5, .out_channels = 7, .in_size = 6},
              BitWidth::k8, Sign::kUnsigned, /*extreme=*/true);
}

}  // namespace
}  // namespace rtfq::ops
