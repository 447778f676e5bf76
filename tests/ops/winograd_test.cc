#include "rtfq/ops/winograd.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/cpu_features.h"

namespace rtfq::ops {
namespace {

constexpr int64_t kStride = 100;  // of positions, more than the channels

// A tile's inputs [4,4] and weights [3,3] of some channels.
struct Site {
  std::vector<std::vector<uint8_t>> x;  // [16][I]
  std::vector<int8_t> w;                // [I,3,3]
  int64_t channels;

  int32_t Sum(int p, int q) const {
    int32_t sum = 0;
    for (int64_t i = 0; i < channels; ++i) {
      for (int u = 0; u < 3; ++u) {
        for (int v = 0; v < 3; ++v) {
          sum += x[4 * (p + u) + q + v][i] * w[9 * i + 3 * u + v];
        }
      }
    }
    return sum;
  }
};

Site SiteOf(int64_t channels, bool extreme, uint64_t seed) {
  Rng rng(seed);
  Site site = {
      .x = {}, .w = std::vector<int8_t>(9 * channels), .channels = channels};
  for (int k = 0; k < kWinogradPositions; ++k) {
    std::vector<uint8_t> pixel(channels);
    for (uint8_t& code : pixel) {
      code = static_cast<uint8_t>(extreme ? 15 * rng.Below(2) : rng.Below(16));
    }
    site.x.push_back(pixel);
  }
  for (int8_t& code : site.w) {
    const auto drawn = static_cast<int>(rng.Below(16)) - 8;
    code = static_cast<int8_t>(extreme ? (drawn < 0 ? -8 : 7) : drawn);
  }
  return site;
}

void ExpectExact(const Site& site) {
  std::vector<int8_t> w(kWinogradPositions * kStride);
  std::vector<uint8_t> x(kWinogradPositions * kStride, 77);
  TransformWeights(site.w.data(), site.channels, w.data(), kStride);
  std::array<const uint8_t*, kWinogradPositions> pixels;
  for (int k = 0; k < kWinogradPositions; ++k) pixels[k] = site.x[k].data();
  TransformInputs(pixels, site.channels, x.data(), kStride);
  // Sixteen output channels with equal weights.
  std::vector<int32_t> sums(kWinogradPositions * kStride);
  for (int k = 0; k < kWinogradPositions; ++k) {
    int32_t sum = 0;
    for (int64_t i = 0; i < site.channels; ++i) {
      sum += (x[k * kStride + i] - kWinogradOffset) * w[k * kStride + i];
    }
    std::fill_n(sums.begin() + k * kStride, 16, sum);
    EXPECT_EQ(x[k * kStride + site.channels], 77) << "written beyond the end";
  }
  std::array<std::array<int32_t, 16>, 4> y;
  TransformSums(sums.data(), kStride, 16,
                {y[0].data(), y[1].data(), y[2].data(), y[3].data()});
  for (int at = 0; at < 4; ++at) {
    for (int c = 0; c < 16; ++c) {
      ASSERT_EQ(y[at][c], site.Sum(at / 2, at % 2)) << at << ", " << c;
    }
  }
}

TEST(Winograd, SumsAreThoseOfTheConvolution) {
  if (!test::HasAvx512()) GTEST_SKIP() << "needs AVX-512";
  for (const int64_t channels : {1, 4, 40, 63, 64, 65, 96}) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE(::testing::Message() << channels << " channels");
      ExpectExact(SiteOf(channels, /*extreme=*/false, seed));
      ExpectExact(SiteOf(channels, /*extreme=*/true, seed));
    }
  }
}

// Codes that drive a position as far as it goes: the inputs' (0,0), which is
// d00 - d02 - d20 + d22, and (1,1), d11 + d12 + d21 + d22; the weights' (1,1),
// the sum of all nine.
TEST(Winograd, TheEndsOfTheRangesFitIntoBytes) {
  if (!test::HasAvx512()) GTEST_SKIP() << "needs AVX-512";
  struct End {
    std::vector<int> pixels;  // that are 15; the others are 0
    int position, input;
    int8_t weight;
  };
  for (const End& end :
       {End{{0, 10}, 0, 2 * 15, 7}, End{{2, 8}, 0, -2 * 15, -8},
        End{{5, 6, 9, 10}, 5, 4 * 15, -8}}) {
    Site site = SiteOf(1, true, 1);
    for (auto& pixel : site.x) pixel[0] = 0;
    for (const int k : end.pixels) site.x[k][0] = 15;
    std::fill(site.w.begin(), site.w.end(), end.weight);
    std::array<const uint8_t*, kWinogradPositions> pixels;
    for (int k = 0; k < kWinogradPositions; ++k) pixels[k] = site.x[k].data();
    std::array<uint8_t, kWinogradPositions> x;
    std::array<int8_t, kWinogradPositions> w;
    TransformInputs(pixels, 1, x.data(), 1);
    TransformWeights(site.w.data(), 1, w.data(), 1);
    EXPECT_EQ(x[end.position], kWinogradOffset + end.input);
    EXPECT_EQ(w[5], 9 * end.weight);
    ExpectExact(site);
  }
}

}  // namespace
}  // namespace rtfq::ops
