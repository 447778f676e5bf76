#include "rtfq/core/crew.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "rtfq/core/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rtfq {
namespace {

constexpr uint64_t kHelper = 1;
constexpr uint64_t kHelpers = 0xffff;  // the bits of their number
constexpr uint64_t kDismissed = uint64_t{1} << 16;
constexpr uint64_t kOpen = uint64_t{1} << 17;
constexpr uint64_t kLoop = uint64_t{1} << 18;  // its number counts up from here

// Between two looks at what another thread will change. Yields after some tens
// of microseconds, so that a machine with more threads than processors goes on.
class Pause {
 public:
  void operator()() {
    constexpr int kLooks = 1000;
    if (looks_ == kLooks) {
      std::this_thread::yield();
      return;
    }
    ++looks_;
#if defined(__x86_64__)
    _mm_pause();
#endif
  }
  void Reset() { looks_ = 0; }

 private:
  int looks_ = 0;
};

}  // namespace

Crew::Crew(int num_threads)
    : num_threads_(num_threads), parts_(new Part[num_threads]) {
  RTFQ_CHECK(num_threads >= 1 && num_threads <= static_cast<int>(kHelpers));
}

void Crew::RunChunk(int64_t chunk) {
  try {
    (*body_)(chunk);
  } catch (...) {
    if (!failed_.exchange(true)) error_ = std::current_exception();
  }
}

void Crew::Work(int own) {
  for (int i = 0; i < num_threads_; ++i) {
    Part& part = parts_[(own + i) % num_threads_];
    while (!failed_.load(std::memory_order_relaxed)) {
      const int64_t chunk = part.next.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= part.end) break;
      RunChunk(chunk);
    }
  }
}

void Crew::Run(int64_t num_chunks, absl::FunctionRef<void(int64_t)> body) {
  for (int i = 0; i < num_threads_; ++i) {
    parts_[i].next.store(num_chunks * i / num_threads_,
                         std::memory_order_relaxed);
    parts_[i].end = num_chunks * (i + 1) / num_threads_;
  }
  body_ = &body;
  state_.store((state_.load(std::memory_order_relaxed) + kLoop) | kOpen,
               std::memory_order_release);
  Work(0);
  state_.fetch_and(~kOpen, std::memory_order_relaxed);
  Pause pause;
  while ((state_.load(std::memory_order_acquire) & kHelpers) != 0) pause();
  if (failed_.exchange(false)) {
    std::rethrow_exception(std::exchange(error_, nullptr));
  }
}

void Crew::Help() {
  const int own = 1 + helpers_.fetch_add(1) % std::max(1, num_threads_ - 1);
  uint64_t seen = 0;
  Pause pause;
  uint64_t state = state_.load(std::memory_order_acquire);
  while ((state & kDismissed) == 0) {
    const uint64_t loop = state / kLoop;
    if ((state & kOpen) == 0 || loop == seen) {
      pause();
    } else if (state_.compare_exchange_weak(state, state + kHelper,
                                            std::memory_order_acq_rel)) {
      seen = loop;
      Work(own);
      state_.fetch_sub(kHelper, std::memory_order_release);
      pause.Reset();
    }
    state = state_.load(std::memory_order_acquire);
  }
}

void Crew::Dismiss() { state_.fetch_or(kDismissed, std::memory_order_relaxed); }

}  // namespace rtfq
