#include "rtfq/core/block_cache.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq {
namespace {

constexpr int64_t kMiB = 1 << 20;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif

TEST(BlockCache, BlocksAreAlignedAndLargeEnough) {
  BlockCache cache;
  for (const int64_t bytes : {int64_t{0}, int64_t{1}, int64_t{65535},
                              int64_t{65536}, int64_t{65537}, 5 * kMiB + 3}) {
    const BlockCache::Block block = cache.Take(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data) % 64, 0u);
    EXPECT_GE(block.bytes, bytes);
    // Sizes are an eighth of a power of two apart.
    EXPECT_LE(block.bytes, bytes + bytes / 8 + 1);
    std::memset(block.data, 1, static_cast<size_t>(block.bytes));
    cache.Return(block);
  }
}

TEST(BlockCache, AFreedBlockServesRequestsOfAQuarterToAllOfIt) {
  if (!kKeeps) GTEST_SKIP() << "AddressSanitizer sees every block itself";
  BlockCache cache;
  const BlockCache::Block first = cache.Take(8 * kMiB);
  cache.Return(first);
  for (const int64_t bytes : {8 * kMiB, 2 * kMiB}) {
    const BlockCache::Block again = cache.Take(bytes);
    EXPECT_EQ(again.data, first.data) << bytes;
    cache.Return(again);
  }
  EXPECT_EQ(cache.counters().system_blocks, 1);
  const BlockCache::Block small = cache.Take(2 * kMiB - 1);
  EXPECT_NE(small.data, first.data);
  EXPECT_EQ(cache.counters().system_blocks, 2);
  cache.Return(small);
}

TEST(BlockCache, BlocksInUseNeverOverlap) {
  BlockCache cache;
  Rng rng(7);
  std::vector<BlockCache::Block> in_use;
  for (int i = 0; i < 400; ++i) {
    const int64_t bytes = 1 + rng.Below(kMiB);
    const BlockCache::Block block = cache.Take(bytes);
    const auto tag = static_cast<uint8_t>(i);
    std::memset(block.data, tag, static_cast<size_t>(block.bytes));
    in_use.push_back(block);
    if (in_use.size() < 12) continue;
    const auto victim =
        static_cast<size_t>(rng.Below(static_cast<int64_t>(in_use.size())));
    const auto* bytes_of = static_cast<uint8_t*>(in_use[victim].data);
    const int64_t last = in_use[victim].bytes - 1;
    EXPECT_EQ(bytes_of[0], bytes_of[last]) << "block " << victim;
    cache.Return(in_use[victim]);
    in_use.erase(in_use.begin() + static_cast<int64_t>(victim));
  }
  for (const BlockCache::Block& block : in_use) cache.Return(block);
  EXPECT_EQ(cache.counters().in_use_bytes, 0);
}

TEST(BlockCache, ItsMemoryIsBoundedByTheMostInUse) {
  BlockCache cache;
  Rng rng(11);
  for (int i = 0; i < 300; ++i) {
    // Sizes that none of the kept blocks fits exactly.
    const int64_t bytes =
        BlockCache::kSmallestCached + rng.Below(int64_t{64} << (i % 16));
    cache.Return(cache.Take(bytes));
    const BlockCache::Counters now = cache.counters();
    EXPECT_LE(now.in_use_bytes + now.kept_bytes,
              now.most_in_use_bytes + now.most_in_use_bytes / 4);
  }
}

TEST(BlockCache, ARepeatedPassTakesNothingFromTheSystem) {
  if (!kKeeps) GTEST_SKIP() << "AddressSanitizer sees every block itself";
  BlockCache cache;
  const auto pass = [&cache](int64_t scale) {
    std::vector<BlockCache::Block> saved;
    for (int64_t layer = 1; layer <= 20; ++layer) {
      saved.push_back(cache.Take(scale * layer));
      cache.Return(cache.Take(scale * 3 * layer));
    }
    for (const BlockCache::Block& block : saved) cache.Return(block);
  };
  for (int i = 0; i < 3; ++i) {
    for (const int64_t scale : {1000000, 735000, 510000, 327000}) pass(scale);
  }
  const int64_t warm = cache.counters().system_blocks;
  for (const int64_t scale : {1000000, 735000, 510000, 327000}) pass(scale);
  EXPECT_EQ(cache.counters().system_blocks, warm);
}

}  // namespace
}  // namespace rtfq
