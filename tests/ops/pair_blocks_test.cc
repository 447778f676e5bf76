#include "rtfq/ops/pair_blocks.h"

#include <bit>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/cpu_features.h"

namespace rtfq::ops {
namespace {

constexpr Bf16Pair kUntouched = 0x12345678;

uint32_t BitsOf(Bf16 v) { return v.bits; }
template <typename Code>
uint32_t BitsOf(Code code) {
  return std::bit_cast<uint32_t>(static_cast<float>(code)) >> 16;
}

// Each pixel ends where its memory does; every fifth is null.
template <typename T>
struct Pixels {
  explicit Pixels(int64_t channels) {
    Rng rng(3);
    for (int k = 0; k < kBlockPixels; ++k) {
      std::vector<T>& pixel = numbers.emplace_back();
      for (int64_t c = 0; c < channels; ++c) {
        const auto bits = static_cast<uint16_t>(rng.Below(1 << 16));
        pixel.push_back(std::bit_cast<T>(
            static_cast<std::conditional_t<sizeof(T) == 1, uint8_t, uint16_t>>(
                bits)));
      }
    }
    for (int k = 0; k < kBlockPixels; ++k) {
      at.push_back(k % 5 == 1 ? nullptr : numbers[k].data());
    }
  }
  uint32_t BitsAt(int64_t pixel, int64_t c) const {
    const bool is_there =
        at[pixel] != nullptr && c < static_cast<int64_t>(numbers[pixel].size());
    return is_there ? BitsOf(numbers[pixel][c]) : 0;
  }
  Bf16Pair PairOf(int64_t step, int64_t c) const {
    return BitsAt(2 * step, c) | BitsAt(2 * step + 1, c) << 16;
  }
  std::vector<std::vector<T>> numbers;
  std::vector<const T*> at;
};

struct Blocks {
  explicit Blocks(int64_t channels)
      : count((channels + kBlockChannels - 1) / kBlockChannels),
        memory((count * kDistance + kBlockPairs) / kBlockChannels) {
    for (Vector& v : memory) {
      for (Bf16Pair& pair : v.pairs) pair = kUntouched;
    }
  }
  Bf16Pair* data() { return memory.front().pairs; }

  static constexpr int64_t kDistance = kBlockPairs + kBlockChannels;
  struct alignas(64) Vector {
    Bf16Pair pairs[kBlockChannels];
  };
  int64_t count;
  std::vector<Vector> memory;
};

// `is_transposed`: [channel][step] instead of [step][channel].
template <typename T>
void ExpectBlocks(const Pixels<T>& pixels, Blocks& blocks, bool is_transposed) {
  for (int64_t at = 0; at < blocks.count * Blocks::kDistance; ++at) {
    const int64_t panel = at / Blocks::kDistance, i = at % Blocks::kDistance;
    if (i >= kBlockPairs) {
      ASSERT_EQ(blocks.data()[at], kUntouched) << "behind panel " << panel;
      continue;
    }
    const int64_t row = i / 16, column = i % 16;
    const int64_t step = is_transposed ? column : row;
    const int64_t c = panel * kBlockChannels + (is_transposed ? row : column);
    ASSERT_EQ(blocks.data()[at], pixels.PairOf(step, c))
        << "step " << step << ", channel " << c;
  }
}

template <typename T>
void ExpectPacked(int64_t channels) {
  SCOPED_TRACE(channels);
  const Pixels<T> pixels(channels);
  Blocks blocks(channels);
  PackBlocks(pixels.at.data(), channels, blocks.data(), Blocks::kDistance);
  ExpectBlocks(pixels, blocks, /*is_transposed=*/false);
}

TEST(PairBlocks, HoldEveryPairOrZeros) {
  if (!test::HasAvx512()) GTEST_SKIP() << "needs AVX-512";
  for (const int64_t channels : {1, 3, 15, 16, 17, 32, 40}) {
    ExpectPacked<Bf16>(channels);
    ExpectPacked<uint8_t>(channels);
    ExpectPacked<int8_t>(channels);
  }
}

TEST(PairBlocks, TransposedOnesToo) {
  if (!test::HasAvx512()) GTEST_SKIP() << "needs AVX-512";
  for (const int64_t channels : {1, 3, 15, 16, 17, 32, 40}) {
    SCOPED_TRACE(channels);
    const Pixels<Bf16> pixels(channels);
    Blocks blocks(channels);
    PackTransposedBlocks(pixels.at.data(), channels, blocks.data(),
                         Blocks::kDistance);
    ExpectBlocks(pixels, blocks, /*is_transposed=*/true);
  }
}

}  // namespace
}  // namespace rtfq::ops
