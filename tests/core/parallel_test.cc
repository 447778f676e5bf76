#include "rtfq/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <new>
#include <numeric>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq {
namespace {

constexpr int kMostThreads = 5;

TEST(ThreadPool, ChunksDependOnTheWorkAlone) {
  for (int threads = 1; threads <= kMostThreads; ++threads) {
    const ThreadPool pool(threads);
    EXPECT_EQ(pool.num_threads(), threads);
    for (const int64_t count : {0, 1, 6, 7, 8, 100, 1001}) {
      for (const int64_t grain : {1, 7, 100, 5000}) {
        std::mutex mutex;
        std::set<std::pair<int64_t, int64_t>> chunks;
        pool.For(count, grain, [&](int64_t begin, int64_t end) {
          const std::lock_guard<std::mutex> lock(mutex);
          EXPECT_TRUE(chunks.emplace(begin, end).second);
        });
        std::set<std::pair<int64_t, int64_t>> expected;
        for (int64_t begin = 0; begin < count; begin += grain) {
          expected.emplace(begin, std::min(count, begin + grain));
        }
        EXPECT_EQ(chunks, expected) << count << " by " << grain;
        EXPECT_EQ(ThreadPool::NumChunks(count, grain),
                  static_cast<int64_t>(expected.size()));
      }
    }
  }
}

// One partial sum a chunk, added in order.
float Sum(const ThreadPool& pool, const std::vector<float>& values) {
  constexpr int64_t kGrain = 37;
  const int64_t count = static_cast<int64_t>(values.size());
  std::vector<float> partial(ThreadPool::NumChunks(count, kGrain));
  pool.For(count, kGrain, [&](int64_t begin, int64_t end) {
    partial[begin / kGrain] =
        std::accumulate(values.begin() + begin, values.begin() + end, 0.0f);
  });
  return std::accumulate(partial.begin(), partial.end(), 0.0f);
}

TEST(ThreadPool, SumsHaveTheSameBitsOnAnyNumberOfThreads) {
  Rng rng(1);
  std::vector<float> values(20000);
  for (float& value : values) value = static_cast<float>(rng.Normal());
  const float expected = Sum(ThreadPool(1), values);
  for (int threads = 2; threads <= kMostThreads; ++threads) {
    const ThreadPool pool(threads);
    for (int round = 0; round < 20; ++round) {
      EXPECT_EQ(Sum(pool, values), expected) << threads << " threads";
    }
  }
}

TEST(ThreadPool, UsesSeveralThreadsAndNeverMoreThanItsOwn) {
  const ThreadPool pool(3);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  // Each of three chunks waits for the others: only three threads can finish.
  std::atomic<int> arrived = 0;
  pool.For(3, 1, [&](int64_t, int64_t) {
    ++arrived;
    while (arrived < 3) std::this_thread::yield();
    const std::lock_guard<std::mutex> lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(ids.size(), 3u);
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  pool.For(200, 1, [&](int64_t, int64_t) {
    const int now = ++running;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) continue;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    --running;
  });
  EXPECT_LE(most, 3);
}

TEST(ThreadPool, OneThreadIsTheCallers) {
  const ThreadPool pool(1);
  const std::thread::id caller = std::this_thread::get_id();
  int64_t next = 0;
  pool.For(50, 3, [&](int64_t begin, int64_t end) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    EXPECT_EQ(begin, next);
    next = end;
  });
  EXPECT_EQ(next, 50);
}

// While a thread waits for its nested loop it does not begin another chunk of
// the outer one, so what a chunk keeps per thread stays its own.
TEST(ThreadPool, NestedLoopsDoNotInterleaveChunks) {
  const ThreadPool pool(4);
  static thread_local int depth = 0;
  std::atomic<int64_t> total = 0;
  std::atomic<int> interleaved = 0;
  for (int round = 0; round < 20; ++round) {
    pool.For(32, 1, [&](int64_t, int64_t) {
      if (++depth != 1) ++interleaved;
      pool.For(16, 1, [&](int64_t begin, int64_t) {
        std::this_thread::sleep_for(std::chrono::microseconds(begin));
        ++total;
      });
      --depth;
    });
  }
  EXPECT_EQ(total, 20 * 32 * 16);
  EXPECT_EQ(interleaved, 0);
}

// Four threads that call `f` at a time, so many times each.
void RunByManyCallers(int times, const std::function<void()>& f) {
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < times; ++round) f();
    });
  }
  for (std::thread& caller : callers) caller.join();
}

TEST(ThreadPool, ManyCallersAtOnce) {
  const ThreadPool pool(3);
  std::atomic<int64_t> total = 0;
  const auto loop = [&] {
    pool.For(100, 9, [&](int64_t begin, int64_t end) { total += end - begin; });
  };
  RunByManyCallers(50, loop);
  EXPECT_EQ(total, 4 * 50 * 100);
  total = 0;
  RunByManyCallers(20, [&] {
    pool.Region([&] {
      for (int i = 0; i < 10; ++i) loop();
    });
  });
  EXPECT_EQ(total, 4 * 20 * 10 * 100);
}

TEST(ThreadPool, LoopsInARegionAreTheSame) {
  Rng rng(2);
  std::vector<float> values(20000);
  for (float& value : values) value = static_cast<float>(rng.Normal());
  const float expected = Sum(ThreadPool(1), values);
  for (int threads = 1; threads <= kMostThreads; ++threads) {
    const ThreadPool pool(threads), other(2);
    pool.Region([&] {
      for (int round = 0; round < 50; ++round) {
        EXPECT_EQ(Sum(pool, values), expected) << threads << " threads";
      }
      EXPECT_EQ(Sum(other, values), expected);
      pool.Region([&] { EXPECT_EQ(Sum(pool, values), expected); });
      // Nested loops, and a library's, which must find the threads free.
      std::atomic<int64_t> total = 0;
      pool.For(8, 1, [&](int64_t, int64_t) {
        pool.For(4, 1, [&](int64_t, int64_t) { ++total; });
      });
      EXPECT_EQ(total, 32);
      pool.Execute([&] { EXPECT_EQ(Sum(pool, values), expected); });
      EXPECT_EQ(Sum(pool, values), expected);
    });
  }
}

TEST(ThreadPool, ARegionsLoopsUseSeveralThreads) {
  const ThreadPool pool(3);
  pool.Region([&] {
    for (int round = 0; round < 20; ++round) {
      std::atomic<int> arrived = 0;
      pool.For(3, 1, [&](int64_t, int64_t) {
        ++arrived;
        while (arrived < 3) std::this_thread::yield();
      });
    }
  });
}

TEST(ThreadPool, WhatARegionThrowsPasses) {
  const ThreadPool pool(2);
  EXPECT_THROW(pool.Region([&] {
    pool.For(10, 1, [](int64_t, int64_t) { throw std::bad_alloc(); });
  }),
               std::bad_alloc);
  std::atomic<int> total = 0;
  pool.For(10, 1, [&](int64_t, int64_t) { ++total; });
  EXPECT_EQ(total, 10);
}

TEST(ThreadPool, ExecuteRunsTheBodyAndLoopsWithin) {
  for (int threads = 1; threads <= kMostThreads; ++threads) {
    const ThreadPool pool(threads);
    std::atomic<int> total = 0;
    pool.Execute([&] { pool.For(10, 1, [&](int64_t, int64_t) { ++total; }); });
    EXPECT_EQ(total, 10);
  }
}

TEST(ThreadPoolDeathTest, NeedsAThreadAndAGrain) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(ThreadPool(0), "num_threads");
  EXPECT_DEATH(ThreadPool(1).For(1, 0, [](int64_t, int64_t) {}), "grain");
}

}  // namespace
}  // namespace rtfq
