#include "rtfq/ops/code_tiles.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq::ops {
namespace {

bool HasAvx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

struct Case {
  BitWidth bits = BitWidth::k8;
  Sign sign = Sign::kUnsigned;
  int pixels = 1, channels = 8;
  int64_t segments = 1, length = 1;  // codes
};

int32_t Draw(Rng& rng, CodeRange range, bool extreme) {
  if (extreme) return rng.Below(16) == 0 ? range.min : range.max;
  return static_cast<int32_t>(range.min + rng.Below(range.max - range.min + 1));
}

void ExpectExact(const Case& c, bool extreme) {
  SCOPED_TRACE(::testing::Message()
               << BitsOf(c.bits) << " bits, " << c.pixels << " pixels, "
               << c.channels << " channels, " << c.segments << " segments of "
               << c.length << (extreme ? ", extreme" : ""));
  const TileKind kind = TileKindFor(c.bits, c.sign);
  const int64_t total = c.segments * c.length;
  Rng rng(3);
  // Pixels lie behind each other; weights [channels, segments * length].
  std::vector<int32_t> x(c.pixels * total);
  for (int32_t& q : x) q = Draw(rng, CodesOf(c.bits, c.sign), extreme);
  std::vector<int8_t> w(c.channels * total);
  // All of one sign: sums in 16 bits go as far as they can.
  const CodeRange range = CodesOf(c.bits, Sign::kSigned);
  for (int8_t& q : w) {
    q = static_cast<int8_t>(extreme ? range.min : Draw(rng, range, false));
  }
  constexpr int64_t kSlack = 4;
  std::vector<uint8_t> bytes(x.size() + kSlack, 77);
  std::vector<int16_t> words(x.size() + kSlack, -7777);
  std::copy(x.begin(), x.end(), bytes.begin());
  std::copy(x.begin(), x.end(), words.begin());
  const int64_t code_bytes = InputBytes(kind);
  const auto* codes = kind == TileKind::kBytes
                          ? bytes.data()
                          : reinterpret_cast<const uint8_t*>(words.data());
  std::vector<const void*> inputs(c.pixels);
  for (int p = 0; p < c.pixels; ++p) {
    inputs[p] = codes + p * total * code_bytes;
  }
  const int64_t steps =
      (c.length + ProductsPerStep(kind) - 1) / ProductsPerStep(kind);
  std::vector<int8_t> panel(c.segments * steps * c.channels *
                            ProductsPerStep(kind));
  int8_t* end = panel.data();
  for (int64_t s = 0; s < c.segments; ++s) {
    end = PackSegment(kind, w.data() + s * c.length, total, c.channels,
                      c.length, end);
  }
  ASSERT_EQ(end, panel.data() + panel.size());
  constexpr int64_t kStride = 20;
  std::vector<int32_t> sums(c.pixels * kStride, 12345);
  RunTile(kind, c.bits, inputs.data(), c.pixels, c.channels,
          {c.segments, c.length * code_bytes, steps}, panel.data(), sums.data(),
          kStride);
  for (int p = 0; p < c.pixels; ++p) {
    for (int64_t o = 0; o < kStride; ++o) {
      int32_t expected = 12345;  // not touched
      if (o < c.channels) {
        expected = 0;
        for (int64_t i = 0; i < total; ++i) {
          expected += x[p * total + i] * w[o * total + i];
        }
      }
      ASSERT_EQ(sums[p * kStride + o], expected)
          << "pixel " << p << ", channel " << o;
    }
  }
}

TEST(CodeTiles, EverySizeIsExact) {
  if (!HasAvx2()) GTEST_SKIP() << "needs AVX2";
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    for (const Sign sign : {Sign::kUnsigned, Sign::kSigned}) {
      for (int pixels = 1; pixels <= kTilePixels; ++pixels) {
        for (const int channels : {kVectorChannels, kTileChannels}) {
          for (const int64_t length : {1, 3, 4, 21, 64}) {
            ExpectExact({bits, sign, pixels, channels, 3, length}, false);
          }
        }
      }
    }
  }
}

// Sums in 16 bits are full after 8 steps at 6 bits and after 136 at 4.
TEST(CodeTiles, EndsOfTheRangesAreExact) {
  if (!HasAvx2()) GTEST_SKIP() << "needs AVX2";
  for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
    for (const int64_t steps : {7, 8, 9, 136, 137, 300}) {
      ExpectExact({.bits = bits,
                   .pixels = kTilePixels,
                   .channels = kTileChannels,
                   .segments = 2,
                   .length = 4 * steps},
                  true);
    }
  }
}

TEST(CodeTiles, ChannelsThatAreMissingAreZeros) {
  std::vector<int8_t> w = {1, 2, 3, 4, 5, 6};  // [2,3]
  std::vector<int8_t> panel(kVectorChannels * 4, 9);
  int8_t* end = PackSegment(TileKind::kBytes, w.data(), 3, 2, 3, panel.data());
  EXPECT_EQ(end, panel.data() + panel.size());
  std::vector<int8_t> expected(kVectorChannels * 4, 0);
  std::copy_n(std::vector<int8_t>{1, 2, 3, 0, 4, 5, 6, 0}.begin(), 8,
              expected.begin());
  EXPECT_EQ(panel, expected);
}

}  // namespace
}  // namespace rtfq::ops
