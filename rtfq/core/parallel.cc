#include "rtfq/core/parallel.h"

#include <algorithm>
#include <optional>

#ifdef RTFQ_THREAD_SANITIZER  // bazel/sanitizers.bazelrc
#include <sanitizer/tsan_interface.h>
#endif

#include "rtfq/core/check.h"
#include "tbb/blocked_range.h"
#include "tbb/global_control.h"
#include "tbb/parallel_for.h"
#include "tbb/task_arena.h"

namespace rtfq {
namespace {

// TBB hands work over where the thread sanitizer cannot see it: this file, the
// only one that knows TBB, is not instrumented and says when. Races between the
// chunks of a loop are still found.
#ifdef RTFQ_THREAD_SANITIZER
char begun, done;
void Hand(char& token) { __tsan_release(&token); }
void Take(char& token) { __tsan_acquire(&token); }
#else
struct Token {};
constexpr Token begun, done;
void Hand(Token) {}
void Take(Token) {}
#endif

}  // namespace

struct ThreadPool::Arena {
  explicit Arena(int num_threads) : arena(num_threads) {
    if (num_threads > 1) {
      limit.emplace(tbb::global_control::max_allowed_parallelism,
                    static_cast<size_t>(num_threads));
    }
  }
  // Without it TBB starts no more workers than there are processors. TBB obeys
  // the lowest limit alive; one thread needs none, and so sets none for others.
  std::optional<tbb::global_control> limit;
  tbb::task_arena arena;
};

ThreadPool::ThreadPool(int num_threads, Profiler* profiler)
    : num_threads_(num_threads), profiler_(profiler) {
  RTFQ_CHECK(num_threads >= 1);
  arena_ = std::make_unique<Arena>(num_threads);
}

ThreadPool::~ThreadPool() = default;

void ThreadPool::For(int64_t count, int64_t grain,
                     absl::FunctionRef<void(int64_t, int64_t)> body) const {
  RTFQ_CHECK(grain >= 1);
  const int64_t num_chunks = NumChunks(count, grain);
  const auto run = [&](int64_t chunk) {
    body(chunk * grain, std::min(count, (chunk + 1) * grain));
  };
  if (num_threads_ == 1 || num_chunks <= 1) {
    for (int64_t chunk = 0; chunk < num_chunks; ++chunk) run(chunk);
    return;
  }
  // Isolated: a thread that waits for a nested loop's last chunk must not begin
  // another chunk of the outer loop in the middle of its own.
  Hand(begun);
  arena_->arena.execute([&] {
    tbb::this_task_arena::isolate([&] {
      Take(begun);
      tbb::parallel_for(int64_t{0}, num_chunks, [&](int64_t chunk) {
        Take(begun);
        run(chunk);
        Hand(done);
      });
    });
  });
  Take(done);
}

void ThreadPool::Execute(absl::FunctionRef<void()> body) const {
  Hand(begun);
  arena_->arena.execute([&] {
    Take(begun);
    body();
    Hand(done);
  });
  Take(done);
}

void ThreadPool::ExecuteSerially(absl::FunctionRef<void()> body) {
  tbb::task_arena arena(1);
  arena.execute([&] { body(); });
}

}  // namespace rtfq
