#include "rtfq/core/crew.h"

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

constexpr int kMostThreads = 5;

// A crew and its helpers, threads of their own.
class WithHelpers {
 public:
  WithHelpers(int num_threads, int helpers) : crew(num_threads) {
    for (int i = 0; i < helpers; ++i) {
      threads_.emplace_back([this] { crew.Help(); });
    }
  }
  ~WithHelpers() {
    crew.Dismiss();
    for (std::thread& thread : threads_) thread.join();
  }
  Crew crew;

 private:
  std::vector<std::thread> threads_;
};

TEST(Crew, RunsEachChunkOnceAndSeesWhatTheLoopBeforeWrote) {
  for (int threads = 1; threads <= kMostThreads; ++threads) {
    WithHelpers with(threads, threads - 1);
    std::vector<int64_t> values(100, 0);
    for (const int64_t chunks : {100, 7, 1, 0, 2, 100}) {
      for (int round = 1; round <= 200; ++round) {
        with.crew.Run(chunks, [&](int64_t chunk) {
          // Not atomic: a chunk that ran twice at a time would be a race.
          ++values[chunk];
        });
      }
      for (int64_t i = 0; i < 100; ++i) {
        ASSERT_EQ(values[i], i < chunks ? 200 : 0) << i << " of " << chunks;
        values[i] = 0;
      }
    }
  }
}

TEST(Crew, NeedsNoHelperAndTakesThemLate) {
  Crew crew(3);
  std::atomic<int> total = 0;
  crew.Run(10, [&](int64_t) { ++total; });
  EXPECT_EQ(total, 10);
  std::thread late([&] { crew.Help(); });
  // Two chunks that wait for each other: the helper takes one.
  std::atomic<int> arrived = 0;
  crew.Run(2, [&](int64_t) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  crew.Dismiss();
  late.join();
  crew.Help();  // returns at once
}

TEST(Crew, MoreHelpersThanItWasMadeFor) {
  WithHelpers with(2, 4);
  std::atomic<int64_t> total = 0;
  for (int round = 0; round < 100; ++round) {
    with.crew.Run(50, [&](int64_t chunk) { total += chunk; });
  }
  EXPECT_EQ(total, 100 * 49 * 50 / 2);
}

TEST(Crew, ThrowsWhatAChunkThrewAndGoesOn) {
  for (int threads = 1; threads <= kMostThreads; ++threads) {
    WithHelpers with(threads, threads - 1);
    for (int round = 0; round < 50; ++round) {
      std::atomic<int> begun = 0;
      EXPECT_THROW(with.crew.Run(1000,
                                 [&](int64_t) {
                                   ++begun;
                                   throw std::runtime_error("a chunk");
                                 }),
                   std::runtime_error);
      EXPECT_LE(begun, threads);  // nobody begins another
      std::atomic<int> total = 0;
      with.crew.Run(10, [&](int64_t) { ++total; });
      EXPECT_EQ(total, 10);
    }
  }
}

}  // namespace
}  // namespace rtfq
