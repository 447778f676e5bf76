#include "rtfq/core/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

using Words = std::array<uint32_t, 4>;

// Philox 4x32-10 as Salmon et al. 2011 print it: ten rounds of two
// multiplications, the key growing by the golden ratio and by sqrt(3) - 1.
Words ReferencePhilox(Words counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// The three known answers that its authors publish with Random123.
TEST(ReferencePhilox, KnownAnswers) {
  EXPECT_EQ(ReferencePhilox({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(ReferencePhilox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(ReferencePhilox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                            {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Rng, WordsArePhiloxOfKeyAndPosition) {
  for (const uint64_t key : {uint64_t{0}, uint64_t{0x299f31d0a4093822},
                             ~uint64_t{0}, uint64_t{1} << 32}) {
    for (const uint64_t block : {uint64_t{0}, uint64_t{1}, uint64_t{77},
                                 uint64_t{1} << 32, (uint64_t{1} << 61) + 9}) {
      Rng rng(Rng::State{key, block * 4});
      const Words expected = ReferencePhilox(
          {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), 0,
           0},
          {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)});
      for (const uint32_t word : expected) EXPECT_EQ(rng.Next(), word);
    }
  }
}

TEST(Rng, Next64IsTwoWordsLowFirst) {
  Rng rng(Rng::State{0, 0});
  EXPECT_EQ(rng.Next64(), 0xe169c58d6627e8d5u);
  EXPECT_EQ(rng.Next64(), 0x9b00dbd8bc57ac4cu);
}

TEST(Rng, ContinuesExactlyFromASavedState) {
  Rng rng = Rng(3).Stream("sampler");
  for (int i = 0; i < 13; ++i) rng.Next();
  const Rng::State saved = rng.state();
  Rng again(saved);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rng.Next64(), again.Next64());
  EXPECT_EQ(rng.state(), again.state());
}

TEST(Rng, StreamsIgnoreHowFarTheParentWasRead) {
  Rng parent(9);
  Rng early = parent.Stream("x").Stream(4);
  for (int i = 0; i < 1000; ++i) parent.Next();
  Rng late = parent.Stream("x").Stream(4);
  EXPECT_EQ(early.Next64(), late.Next64());
}

// No two of these streams, their parents included, share a value: of n draws
// of 64 bits two coincide with probability n^2 / 2^65 = 2e-12.
TEST(Rng, StreamsDiffer) {
  std::vector<Rng> rngs;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Rng root(seed);
    rngs.push_back(root);
    for (const char* name : {"", "a", "b", "ab", "ba", "augment"}) {
      rngs.push_back(root.Stream(name));
      for (uint64_t i = 0; i < 8; ++i) {
        rngs.push_back(root.Stream(name).Stream(i));
      }
    }
    for (uint64_t i = 0; i < 8; ++i) rngs.push_back(root.Stream(i));
  }
  std::set<uint64_t> seen;
  for (Rng& rng : rngs) {
    for (int i = 0; i < 6; ++i) {
      EXPECT_TRUE(seen.insert(rng.Next64()).second);
    }
  }
}

// Bits of neighbouring streams at the same place: a fair coin's correlation
// over n bits has deviation 1/sqrt(n).
TEST(Rng, NeighbouringStreamsAreUncorrelated) {
  const Rng root(7);
  int agree = 0;
  constexpr int kStreams = 1000;
  for (uint64_t i = 0; i < kStreams; ++i) {
    Rng a = root.Stream(i);
    Rng b = root.Stream(i + 1);
    agree += 64 - __builtin_popcountll(a.Next64() ^ b.Next64());
  }
  const double bits = 64.0 * kStreams;
  EXPECT_NEAR(agree, bits / 2, 5 * std::sqrt(bits) / 2);
}

TEST(Rng, UniformIsInRangeWithTheRightMoments) {
  Rng rng(11);
  constexpr int kCount = 200000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double u = rng.Uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  // Deviations of u and u^2: sqrt(1/12) and sqrt(4/45).
  EXPECT_NEAR(sum / kCount, 0.5, 5 * std::sqrt(1.0 / 12 / kCount));
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kCount));
  for (int i = 0; i < 1000; ++i) {
    const double u = rng.Uniform(-3.0, 5.0);
    ASSERT_GE(u, -3.0);
    ASSERT_LT(u, 5.0);
  }
}

// Chi squared with k - 1 degrees of freedom: mean k - 1, variance 2(k - 1).
TEST(Rng, BelowIsUnbiased) {
  Rng rng(12);
  for (const int64_t bound : {2, 3, 7, 48, 100}) {
    const int64_t draws = 2000 * bound;
    std::vector<int64_t> counts(bound);
    for (int64_t i = 0; i < draws; ++i) {
      const int64_t value = rng.Below(bound);
      ASSERT_TRUE(value >= 0 && value < bound);
      ++counts[value];
    }
    double chi_squared = 0;
    for (const int64_t count : counts) {
      chi_squared += (count - 2000.0) * (count - 2000.0) / 2000.0;
    }
    const double freedom = static_cast<double>(bound - 1);
    EXPECT_LT(chi_squared, freedom + 6 * std::sqrt(2 * freedom) + 6) << bound;
  }
}

// A remainder without rejection would give values below 2^61 half as often
// again: 2^64 = 2 * (3 * 2^61) + 2^62.
TEST(Rng, BelowIsUnbiasedForLargeBounds) {
  Rng rng(13);
  const int64_t bound = int64_t{3} << 61;
  constexpr int kCount = 20000;
  int low = 0;
  for (int i = 0; i < kCount; ++i) low += rng.Below(bound) < bound / 3;
  EXPECT_NEAR(low, kCount / 3.0, 5 * std::sqrt(kCount * 2.0 / 9));
}

TEST(Rng, BelowOneIsZero) {
  Rng rng(14);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rng.Below(1), 0);
}

TEST(Rng, NormalHasTheRightMoments) {
  Rng rng(15);
  constexpr int kCount = 200000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double z = rng.Normal();
    ASSERT_TRUE(std::isfinite(z));
    sum += z;
    squares += z * z;
  }
  EXPECT_NEAR(sum / kCount, 0.0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1.0, 5 * std::sqrt(2.0 / kCount));
}

TEST(Rng, PermutationIsOne) {
  Rng rng(16);
  for (int64_t count = 0; count < 60; ++count) {
    std::vector<int64_t> order = rng.Permutation(count);
    ASSERT_EQ(static_cast<int64_t>(order.size()), count);
    std::sort(order.begin(), order.end());
    for (int64_t i = 0; i < count; ++i) ASSERT_EQ(order[i], i);
  }
}

// All 24 orders of 4, each 2000 times but for chance.
TEST(Rng, PermutationsAreEquallyLikely) {
  Rng rng(17);
  std::vector<int> counts(256);
  for (int i = 0; i < 24 * 2000; ++i) {
    const std::vector<int64_t> order = rng.Permutation(4);
    ++counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]];
  }
  double chi_squared = 0;
  int kinds = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    ++kinds;
    chi_squared += (count - 2000.0) * (count - 2000.0) / 2000.0;
  }
  EXPECT_EQ(kinds, 24);
  EXPECT_LT(chi_squared, 23 + 6 * std::sqrt(2 * 23.0));
}

TEST(RngDeathTest, BoundsMustMakeSense) {
  Rng rng(18);
  EXPECT_DEATH(rng.Below(0), "bound");
  EXPECT_DEATH(rng.Permutation(-1), "count");
}

}  // namespace
}  // namespace rtfq
