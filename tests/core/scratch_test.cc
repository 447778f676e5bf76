#include "rtfq/core/scratch.h"

#include <atomic>
#include <cstdint>
#include <latch>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(ScratchPool, GivesABlockBackToTheNextWhoAsks) {
  ScratchPool pool;
  void* first = nullptr;
  {
    const ScratchPool::Block block = pool.Borrow(1000);
    first = block.data();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
    EXPECT_EQ(block.as<float>(), first);
  }
  EXPECT_EQ(pool.bytes_allocated(), 1000);
  // A smaller one, too, down to a quarter.
  EXPECT_EQ(pool.Borrow(1000).data(), first);
  EXPECT_EQ(pool.Borrow(250).data(), first);
  EXPECT_EQ(pool.bytes_allocated(), 1000);
  EXPECT_NE(pool.Borrow(1001).data(), first);
  EXPECT_EQ(pool.bytes_allocated(), 1000 + 1001);
}

TEST(ScratchPool, DoesNotSpendALargeBlockOnASmallWish) {
  ScratchPool pool;
  { pool.Borrow(10000); }
  pool.Borrow(2499);
  EXPECT_EQ(pool.bytes_allocated(), 10000 + 2499);
}

TEST(ScratchPool, TakesTheSmallestBlockThatIsLargeEnough) {
  ScratchPool pool;
  void *small = nullptr, *large = nullptr;
  {
    // Returned in the reverse order: neither the first block that holds 1500
    // bytes nor the last is the smallest.
    const ScratchPool::Block a = pool.Borrow(2500), b = pool.Borrow(2000),
                             c = pool.Borrow(1000), d = pool.Borrow(3000);
    large = a.data();
    small = b.data();
    EXPECT_NE(small, large);
  }
  const ScratchPool::Block one = pool.Borrow(1500);
  EXPECT_EQ(one.data(), small);
  const ScratchPool::Block other = pool.Borrow(1500);
  EXPECT_EQ(other.data(), large);
  EXPECT_EQ(pool.bytes_allocated(), 2500 + 2000 + 1000 + 3000);
}

TEST(ScratchPool, ABlockThatMovedIsReturnedOnce) {
  ScratchPool pool;
  std::optional<ScratchPool::Block> a = pool.Borrow(500);
  void* data = a->data();
  {
    const ScratchPool::Block b = std::move(*a);
    a.reset();
    EXPECT_NE(pool.Borrow(500).data(), data) << "still borrowed";
  }
  // Two blocks are free now, and each is given to one.
  const ScratchPool::Block c = pool.Borrow(500), d = pool.Borrow(500);
  EXPECT_NE(c.data(), d.data());
  EXPECT_EQ(pool.bytes_allocated(), 1000);
}

// On few processors the threads may happen to take turns; --config=tsan finds a
// missing lock all the same.
TEST(ScratchPool, ThreadsNeverShareABlock) {
  constexpr int kThreads = 4, kRounds = 1000;
  ScratchPool pool;
  std::latch all_started(kThreads);
  std::atomic<int> overwritten = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&pool, &all_started, &overwritten, t] {
      all_started.arrive_and_wait();
      for (int round = 0; round < kRounds; ++round) {
        const ScratchPool::Block block = pool.Borrow(64);
        *block.as<int>() = t;
        overwritten += *block.as<int>() != t;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(overwritten, 0);
  // A block for each thread at most, however often they borrow.
  EXPECT_LE(pool.bytes_allocated(), kThreads * 64);
}

TEST(ScratchPool, NothingIsSomething) {
  ScratchPool pool;
  EXPECT_NE(pool.Borrow(0).data(), nullptr);
  EXPECT_EQ(pool.bytes_allocated(), 64);
}

}  // namespace
}  // namespace rtfq
