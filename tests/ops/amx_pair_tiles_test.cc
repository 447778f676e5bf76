#include "rtfq/ops/amx_pair_tiles.h"

#include <bit>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/cpu_features.h"

namespace rtfq::ops {
namespace {

// Panels of small integers, exact in bf16; nothing lies behind the last one.
struct Panels {
  Panels(int panels, int64_t steps, uint64_t seed)
      : count(panels), distance(steps * kBlockChannels) {
    Rng rng(seed);
    vectors.resize(panels * steps);
    for (Vector& v : vectors) {
      for (Bf16Pair& pair : v.pairs) pair = Bits(rng) >> 16 | Bits(rng);
    }
  }
  static uint32_t Bits(Rng& rng) {
    const int number = static_cast<int>(rng.Below(31)) - 15;
    return std::bit_cast<uint32_t>(static_cast<float>(number));
  }
  PairPanels View() const { return {vectors.front().pairs, distance, count}; }
  // As [step][channel], or in blocks of [channel][step].
  Bf16Pair Right(int64_t step, int64_t c) const {
    return At(c, step * kBlockChannels + c % kBlockChannels);
  }
  Bf16Pair Left(int64_t step, int64_t r) const {
    return At(r, step / kBlockSteps * kBlockPairs +
                     r % kBlockChannels * kBlockSteps + step % kBlockSteps);
  }
  Bf16Pair At(int64_t channel, int64_t at) const {
    return vectors.front().pairs[channel / kBlockChannels * distance + at];
  }

  struct alignas(64) Vector {
    Bf16Pair pairs[kBlockChannels];
  };
  int count;
  int64_t distance;
  std::vector<Vector> vectors;
};

float Dot(Bf16Pair a, Bf16Pair b) {
  const auto number = [](uint32_t bits) { return std::bit_cast<float>(bits); };
  return number(a << 16) * number(b << 16) +
         number(a & 0xffff0000) * number(b & 0xffff0000);
}

// Sums of integers below 2^24: exact in any order.
void ExpectExact(int left_panels, int right_panels, const BlockReduction& r,
                 bool add) {
  SCOPED_TRACE(testing::Message() << left_panels << " x " << right_panels
                                  << " panels, " << r.images << " images of "
                                  << r.blocks << " blocks, add " << add);
  const int64_t steps = r.blocks * kBlockSteps;
  const Panels left(left_panels, r.images * steps + 1, 1);
  const Panels right(right_panels, (r.images - 1) * r.image + steps, 2);
  const int64_t rows = left_panels * kBlockChannels;
  const int64_t columns = right_panels * kBlockChannels;
  constexpr int64_t kStride = 2 * kBlockChannels + 3;
  std::vector<float> sums((rows + 2) * kStride, 7.0f);
  {
    AmxPairTiles tiles;
    tiles.Run(left.View(), right.View(), r, add, sums.data(), kStride);
  }
  for (int64_t at = 0; at < static_cast<int64_t>(sums.size()); ++at) {
    const int64_t row = at / kStride, c = at % kStride;
    const bool is_there = row < rows && c < columns;
    float expected = is_there && !add ? 0 : 7;
    for (int64_t n = 0; is_there && n < r.images; ++n) {
      for (int64_t i = 0; i < steps; ++i) {
        expected +=
            Dot(left.Left(n * steps + i, row), right.Right(n * r.image + i, c));
      }
    }
    ASSERT_EQ(sums[at], expected) << "row " << row << ", column " << c;
  }
}

TEST(AmxPairTiles, EverySizeIsExact) {
  if (!test::HasAmxBf16()) GTEST_SKIP() << "needs AMX with bf16";
  for (const int left : {1, 2}) {
    for (const int right : {1, 2}) {
      for (const bool add : {false, true}) {
        ExpectExact(left, right, {.blocks = 1}, add);
        ExpectExact(left, right, {.blocks = 9}, add);
        // Images with a gap, without one, and overlapping.
        ExpectExact(left, right, {.images = 3, .image = 37, .blocks = 2}, add);
        ExpectExact(left, right, {.images = 3, .image = 32, .blocks = 2}, add);
        ExpectExact(left, right, {.images = 4, .image = 21, .blocks = 2}, add);
      }
    }
  }
}

TEST(AmxPairTiles, NothingAddedIsZero) {
  if (!test::HasAmxBf16()) GTEST_SKIP() << "needs AMX with bf16";
  for (const bool add : {false, true}) {
    ExpectExact(2, 2, {.images = 1, .blocks = 0}, add);
  }
}

}  // namespace
}  // namespace rtfq::ops
