#include "rtfq/core/arena.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq {
namespace {

constexpr int64_t kMiB = 1 << 20;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kReuses = false;
#else
constexpr bool kReuses = true;
#endif

#define RTFQ_SKIP_UNLESS_REUSED() \
  if (!kReuses) GTEST_SKIP() << "AddressSanitizer sees every block itself"

TEST(Arena, BlocksAreAlignedAndLargeEnough) {
  Arena arena;
  for (const int64_t bytes : {int64_t{0}, int64_t{1}, int64_t{65535},
                              int64_t{65536}, int64_t{65537}, 5 * kMiB + 3}) {
    const Arena::Block block = arena.Take(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data) % 64, 0u);
    EXPECT_GE(block.bytes, bytes);
    EXPECT_LE(block.bytes, bytes + 4096);
    std::memset(block.data, 1, static_cast<size_t>(block.bytes));
    arena.Return(block);
  }
}

TEST(Arena, NeighbouringGapsBecomeOne) {
  RTFQ_SKIP_UNLESS_REUSED();
  // Every order in which three neighbours can be freed.
  const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                            {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (const auto& order : orders) {
    Arena arena;
    const Arena::Block blocks[3] = {arena.Take(kMiB), arena.Take(2 * kMiB),
                                    arena.Take(3 * kMiB)};
    const Arena::Block above = arena.Take(kMiB);
    for (const int i : order) arena.Return(blocks[i]);
    const Arena::Block all = arena.Take(6 * kMiB);
    EXPECT_EQ(all.data, blocks[0].data)
        << order[0] << " " << order[1] << " " << order[2];
    EXPECT_EQ(arena.counters().system_bytes, 7 * kMiB);
    arena.Return(all);
    arena.Return(above);
  }
}

TEST(Arena, TheSmallestGapThatHoldsABlockIsTaken) {
  RTFQ_SKIP_UNLESS_REUSED();
  Arena arena;
  std::vector<Arena::Block> blocks;
  for (const int64_t mib : {4, 1, 2, 1, 3, 1}) {
    blocks.push_back(arena.Take(mib * kMiB));
  }
  for (const int i : {0, 2, 4}) arena.Return(blocks[i]);
  const Arena::Block two = arena.Take(2 * kMiB);
  const Arena::Block three = arena.Take(2 * kMiB + 1);
  const Arena::Block one = arena.Take(kMiB);
  const Arena::Block five = arena.Take(5 * kMiB);
  EXPECT_EQ(two.data, blocks[2].data);
  EXPECT_EQ(three.data, blocks[4].data);
  EXPECT_EQ(one.data, blocks[0].data);
  EXPECT_GT(five.data, blocks[5].data);
  for (const Arena::Block& b : {two, three, one, five}) arena.Return(b);
  for (const int i : {1, 3, 5}) arena.Return(blocks[i]);
  EXPECT_EQ(arena.counters().in_use_bytes, 0);
}

TEST(Arena, BlocksInUseNeverOverlap) {
  Arena arena;
  Rng rng(7);
  std::vector<Arena::Block> in_use;
  for (int i = 0; i < 400; ++i) {
    const int64_t bytes = 1 + rng.Below(kMiB);
    const Arena::Block block = arena.Take(bytes);
    const auto tag = static_cast<uint8_t>(i);
    std::memset(block.data, tag, static_cast<size_t>(block.bytes));
    in_use.push_back(block);
    if (in_use.size() < 12) continue;
    const auto victim =
        static_cast<size_t>(rng.Below(static_cast<int64_t>(in_use.size())));
    const auto* bytes_of = static_cast<uint8_t*>(in_use[victim].data);
    const int64_t last = in_use[victim].bytes - 1;
    EXPECT_EQ(bytes_of[0], bytes_of[last]) << "block " << victim;
    arena.Return(in_use[victim]);
    in_use.erase(in_use.begin() + static_cast<int64_t>(victim));
  }
  for (const Arena::Block& block : in_use) arena.Return(block);
  EXPECT_EQ(arena.counters().in_use_bytes, 0);
}

TEST(Arena, PassesOfAllSizesShareItsMemory) {
  RTFQ_SKIP_UNLESS_REUSED();
  Arena arena;
  // As a network does: what is saved, with larger temporaries in between, and
  // all of it freed in reverse order.
  const auto pass = [&arena](int64_t scale) {
    std::vector<Arena::Block> saved;
    for (int64_t layer = 20; layer > 0; --layer) {
      const Arena::Block temporary = arena.Take(2 * scale * layer);
      saved.push_back(arena.Take(scale * layer));
      arena.Return(temporary);
    }
    for (; !saved.empty(); saved.pop_back()) arena.Return(saved.back());
  };
  const int64_t scales[] = {1000000, 735000, 510000, 327000};
  for (const int64_t scale : scales) pass(scale);
  const Arena::Counters warm = arena.counters();
  EXPECT_LE(warm.system_bytes,
            warm.most_in_use_bytes + warm.most_in_use_bytes / 8);
  for (const int64_t scale : scales) pass(scale);
  EXPECT_EQ(arena.counters().system_bytes, warm.system_bytes);
}

TEST(Arena, WhatFindsNoRoomComesFromTheSystem) {
  Arena arena(/*address_bytes=*/kMiB);
  std::vector<Arena::Block> blocks;
  for (int i = 0; i < 4; ++i) {
    blocks.push_back(arena.Take(kMiB - 4096));
    std::memset(blocks.back().data, i, static_cast<size_t>(kMiB - 4096));
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(static_cast<uint8_t*>(blocks[i].data)[kMiB - 4097], i);
    arena.Return(blocks[i]);
  }
  EXPECT_EQ(arena.counters().in_use_bytes, 0);
  EXPECT_EQ(arena.counters().system_bytes, 4 * (kMiB - 4096));
}

TEST(Arena, ARangeThatNoSystemCanReserveBecomesASmallerOne) {
  RTFQ_SKIP_UNLESS_REUSED();
  Arena arena(/*address_bytes=*/int64_t{1} << 62);
  const Arena::Block first = arena.Take(kMiB);
  arena.Return(first);
  const Arena::Block again = arena.Take(kMiB);
  EXPECT_EQ(again.data, first.data);
  arena.Return(again);
  EXPECT_EQ(arena.counters().system_bytes, kMiB);
}

}  // namespace
}  // namespace rtfq
