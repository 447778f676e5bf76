#include "rtfq/ops/code_tiles.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/cpu_features.h"

namespace rtfq::ops {
namespace {

std::vector<TileSet> SetsHere() {
  std::vector<TileSet> sets;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) sets.push_back(TileSet::kAvx2);
#endif
  if (test::HasAvxVnni()) sets.push_back(TileSet::kAvxVnni);
  if (test::HasAvx512Vnni()) sets.push_back(TileSet::kAvx512Vnni);
  return sets;
}

struct Case {
  TileSet set = TileSet::kAvx2;
  BitWidth bits = BitWidth::k8;
  Sign sign = Sign::kUnsigned;
  int pixels = 1;
  bool one_vector = false;
  int64_t segments = 1, length = 1;  // codes
};

int32_t Draw(Rng& rng, CodeRange range, bool extreme) {
  if (extreme) return rng.Below(16) == 0 ? range.min : range.max;
  return static_cast<int32_t>(range.min + rng.Below(range.max - range.min + 1));
}

void ExpectExact(const Case& c, bool extreme) {
  const TileKind kind = TileKindFor(c.bits, c.sign, c.set);
  const int channels = c.one_vector ? VectorChannels(kind) : TileChannels(kind);
  SCOPED_TRACE(::testing::Message()
               << "set " << static_cast<int>(c.set) << ", " << BitsOf(c.bits)
               << " bits, " << c.pixels << " pixels, " << channels
               << " channels, " << c.segments << " segments of " << c.length
               << (extreme ? ", extreme" : ""));
  const int64_t total = c.segments * c.length;
  Rng rng(3);
  // Pixels lie behind each other; weights [channels, segments * length].
  std::vector<int32_t> x(c.pixels * total);
  for (int32_t& q : x) q = Draw(rng, CodesOf(c.bits, c.sign), extreme);
  std::vector<int8_t> w(channels * total);
  // All of one sign: sums in 16 bits go as far as they can.
  const CodeRange range = CodesOf(c.bits, Sign::kSigned);
  for (int8_t& q : w) {
    q = static_cast<int8_t>(extreme ? range.min : Draw(rng, range, false));
  }
  // Signed codes in bytes are read as unsigned ones, too large by an offset.
  const bool offset = c.sign == Sign::kSigned && ReadsBytes(kind);
  std::vector<int32_t> start(channels, 0);
  for (int64_t i = 0; offset && i < channels * total; ++i) {
    start[i / total] -= kSignedOffset * w[i];
  }
  constexpr int64_t kSlack = 4;
  std::vector<uint8_t> bytes(x.size() + kSlack, 77);
  std::vector<int16_t> words(x.size() + kSlack, -7777);
  std::transform(x.begin(), x.end(), bytes.begin(), [&](int32_t q) {
    return static_cast<uint8_t>(offset ? q + kSignedOffset : q);
  });
  std::copy(x.begin(), x.end(), words.begin());
  const int64_t code_bytes = InputBytes(kind);
  const auto* codes = ReadsBytes(kind)
                          ? bytes.data()
                          : reinterpret_cast<const uint8_t*>(words.data());
  std::vector<const void*> inputs(c.pixels);
  for (int p = 0; p < c.pixels; ++p) {
    inputs[p] = codes + p * total * code_bytes;
  }
  const int64_t steps =
      (c.length + ProductsPerStep(kind) - 1) / ProductsPerStep(kind);
  std::vector<int8_t> panel(c.segments * steps * channels *
                            ProductsPerStep(kind));
  int8_t* end = panel.data();
  for (int64_t s = 0; s < c.segments; ++s) {
    end = PackSegment(kind, w.data() + s * c.length, total, channels, c.length,
                      end);
  }
  ASSERT_EQ(end, panel.data() + panel.size());
  constexpr int64_t kStride = 36;
  std::vector<int32_t> sums(c.pixels * kStride, 12345);
  RunTile(kind, c.bits, inputs.data(), c.pixels, channels,
          {c.segments, c.length * code_bytes, steps},
          offset ? start.data() : nullptr, panel.data(), sums.data(), kStride);
  for (int p = 0; p < c.pixels; ++p) {
    for (int64_t o = 0; o < kStride; ++o) {
      int32_t expected = 12345;  // not touched
      if (o < channels) {
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
  if (SetsHere().empty()) GTEST_SKIP() << "needs AVX2";
  for (const TileSet set : SetsHere()) {
    for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
      for (const Sign sign : {Sign::kUnsigned, Sign::kSigned}) {
        for (int pixels = 1; pixels <= TilePixels(TileKindFor(bits, sign, set));
             ++pixels) {
          for (const bool one_vector : {true, false}) {
            for (const int64_t length : {1, 3, 4, 21, 64}) {
              ExpectExact({set, bits, sign, pixels, one_vector, 3, length},
                          false);
            }
          }
        }
      }
    }
  }
}

// On AVX2 sums in 16 bits are full after 8 steps at 6 bits and after 136 at 4.
TEST(CodeTiles, EndsOfTheRangesAreExact) {
  if (SetsHere().empty()) GTEST_SKIP() << "needs AVX2";
  for (const TileSet set : SetsHere()) {
    for (const BitWidth bits : {BitWidth::k8, BitWidth::k6, BitWidth::k4}) {
      for (const int64_t steps : {7, 8, 9, 136, 137, 300}) {
        ExpectExact(
            {.set = set,
             .bits = bits,
             .pixels = TilePixels(TileKindFor(bits, Sign::kUnsigned, set)),
             .segments = 2,
             .length = 4 * steps},
            true);
      }
    }
  }
}

TEST(CodeTiles, ChannelsThatAreMissingAreZeros) {
  const std::vector<int8_t> w = {1, 2, 3, 4, 5, 6};  // [2,3]
  const std::vector<int8_t> first = {1, 2, 3, 0, 4, 5, 6, 0};
  for (const TileKind kind :
       {TileKind::kBytes, TileKind::kVnniBytes, TileKind::kVnni512Bytes}) {
    std::vector<int8_t> panel(VectorChannels(kind) * 4, 9);
    int8_t* end = PackSegment(kind, w.data(), 3, 2, 3, panel.data());
    EXPECT_EQ(end, panel.data() + panel.size());
    std::vector<int8_t> expected(panel.size(), 0);
    std::copy(first.begin(), first.end(), expected.begin());
    EXPECT_EQ(panel, expected);
  }
}

}  // namespace
}  // namespace rtfq::ops
