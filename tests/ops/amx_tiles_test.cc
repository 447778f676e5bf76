#include "rtfq/ops/amx_tiles.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/cpu_features.h"

namespace rtfq::ops {
namespace {

// A product of pixels of `segments` runs of `length` codes, `gap` bytes apart,
// and `channels`, by tiles and one by one.
void ExpectExact(int64_t segments, int64_t length, int pixels, int64_t channels,
                 Sign sign) {
  SCOPED_TRACE(testing::Message()
               << segments << " x " << length << ", " << pixels << " pixels, "
               << channels << " channels");
  Rng rng(7);
  const int64_t plane = pixels * length + 5;
  std::vector<uint8_t> x(segments * plane + 3);
  for (uint8_t& q : x) q = static_cast<uint8_t>(rng.Below(256));
  std::vector<int8_t> w(channels * segments * length);
  for (int8_t& q : w) q = static_cast<int8_t>(rng.Below(256));
  std::vector<int64_t> offsets;
  for (int64_t s = 0; s < segments; ++s) offsets.push_back(s * plane);
  const int64_t vectors = (channels + kAmxChannels - 1) / kAmxChannels;
  const int64_t panel_bytes = segments * AmxPanelBytes(length);
  std::vector<int8_t> packed(vectors * panel_bytes, 99);
  for (int64_t v = 0; v < vectors; ++v) {
    int8_t* panel = packed.data() + v * panel_bytes;
    for (int64_t s = 0; s < segments; ++s) {
      panel = PackAmxSegment(
          w.data() + v * kAmxChannels * segments * length + s * length,
          segments * length,
          std::min<int64_t>(kAmxChannels, channels - v * kAmxChannels), length,
          panel);
    }
    EXPECT_EQ(panel, packed.data() + (v + 1) * panel_bytes);
  }
  constexpr int64_t kStride = 2 * kAmxChannels + 3;
  std::vector<int32_t> sums(2 * kAmxPixels * kStride, 12345);
  {
    AmxTiles tiles;
    tiles.Run(sign, {offsets.data(), segments, length},
              {x.data(), length, pixels},
              {packed.data(), panel_bytes, static_cast<int>(vectors)},
              sums.data(), kStride);
  }
  for (int p = 0; p < pixels; ++p) {
    for (int64_t c = 0; c < channels; ++c) {
      int32_t sum = 0;
      for (int64_t s = 0; s < segments; ++s) {
        for (int64_t i = 0; i < length; ++i) {
          const uint8_t byte = x[s * plane + p * length + i];
          const int32_t code =
              sign == Sign::kSigned ? static_cast<int8_t>(byte) : int32_t{byte};
          sum += code * w[(c * segments + s) * length + i];
        }
      }
      ASSERT_EQ(sums[p * kStride + c], sum)
          << "pixel " << p << ", channel " << c;
    }
  }
  // Nothing is written behind the pixels and channels asked for.
  for (int64_t at = 0; at < static_cast<int64_t>(sums.size()); ++at) {
    if (at / kStride >= pixels || at % kStride >= vectors * kAmxChannels) {
      ASSERT_EQ(sums[at], 12345) << "at " << at;
    }
  }
}

TEST(AmxTiles, EverySizeIsExact) {
  if (!test::HasAmx()) GTEST_SKIP() << "needs AMX with int8";
  for (const Sign sign : {Sign::kSigned, Sign::kUnsigned}) {
    for (const int64_t length : {1, 3, 4, 21, 63, 64, 65, 66, 127, 128, 200}) {
      for (const int pixels : {1, 15, 16, 17, 32}) {
        for (const int64_t channels : {1, 16, 17, 32}) {
          for (const int64_t segments : {1, 3}) {
            ExpectExact(segments, length, pixels, channels, sign);
          }
        }
      }
    }
  }
}

TEST(AmxTiles, PanelsHaveZerosWhereThereIsNothing) {
  // 70 codes are two steps: 0 to 63, and 6 to 69, whose first 58 were read.
  const std::vector<int8_t> w(70, 1);
  std::vector<int8_t> panel(AmxPanelBytes(70), 99);
  EXPECT_EQ(panel.size(), 2u * kAmxCodes * kAmxChannels);
  PackAmxSegment(w.data(), 70, 1, 70, panel.data());
  int64_t sum = 0;
  for (const int8_t q : panel) sum += q;
  EXPECT_EQ(sum, 70);
  EXPECT_EQ(AmxPanelBytes(3), 4 * kAmxChannels);
}

}  // namespace
}  // namespace rtfq::ops
