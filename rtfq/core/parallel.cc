#include "rtfq/core/parallel.h"

#include <algorithm>
#include <optional>
#include <utility>

#ifdef RTFQ_THREAD_SANITIZER  // bazel/sanitizers.bazelrc
#include <sanitizer/tsan_interface.h>
#endif

#include "rtfq/core/check.h"
#include "rtfq/core/crew.h"
#include "tbb/blocked_range.h"
#include "tbb/global_control.h"
#include "tbb/parallel_for.h"
#include "tbb/task_arena.h"
#include "tbb/task_group.h"

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

// Helpers of the calling thread, in its arena, from construction to
// destruction.
class Helpers {
 public:
  explicit Helpers(int num_threads) : crew_(num_threads) {
    Hand(begun);
    for (int i = 1; i < num_threads; ++i) {
      group_.run([this] {
        Take(begun);
        crew_.Help();
        Hand(done);
      });
    }
  }
  ~Helpers() {
    crew_.Dismiss();
    group_.wait();
    Take(done);
  }
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;
  Crew& crew() { return crew_; }

 private:
  Crew crew_;
  tbb::task_group group_;
};

// That the calling thread is in, with those helpers unless they are away.
struct CurrentRegion {
  const ThreadPool* pool;
  std::optional<Helpers> helpers;
};
// Null in a region's chunks, whose own loops are like any others.
thread_local CurrentRegion* current = nullptr;

// What `current` is for a while.
class Currently {
 public:
  explicit Currently(CurrentRegion* region)
      : before_(std::exchange(current, region)) {}
  ~Currently() { current = before_; }
  Currently(const Currently&) = delete;
  Currently& operator=(const Currently&) = delete;

 private:
  CurrentRegion* const before_;
};

CurrentRegion* RegionOf(const ThreadPool* pool) {
  const bool is_its = current != nullptr && current->pool == pool &&
                      current->helpers.has_value();
  return is_its ? current : nullptr;
}

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
  if (CurrentRegion* region = RegionOf(this)) {
    const Currently in_no_region(nullptr);
    region->helpers->crew().Run(num_chunks, run);
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

void ThreadPool::Region(absl::FunctionRef<void()> body) const {
  if (num_threads_ == 1 || RegionOf(this) != nullptr) {
    body();
    return;
  }
  Hand(begun);
  arena_->arena.execute([&] {
    Take(begun);
    CurrentRegion region = {.pool = this, .helpers = {}};
    region.helpers.emplace(num_threads_);
    const Currently here(&region);
    body();
    Hand(done);
  });
  Take(done);
}

void ThreadPool::Execute(absl::FunctionRef<void()> body) const {
  if (CurrentRegion* region = RegionOf(this)) {
    // Helpers that wait for loops of ours would be missing in the library's,
    // and a thread that waits there might become one and wait forever.
    region->helpers.reset();
    {
      const Currently in_no_region(nullptr);
      body();
    }
    region->helpers.emplace(num_threads_);
    return;
  }
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
