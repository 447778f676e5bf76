// Threads that stay awake between the loops of one caller.
#ifndef RTFQ_CORE_CREW_H_
#define RTFQ_CORE_CREW_H_

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>

#include "absl/functional/function_ref.h"

namespace rtfq {

// A caller runs loops one after the other; helpers watch for the next one and
// take chunks of it. Ours, because beginning and ending a loop then costs less
// than half of what it does through TBB (docs/performance.md), and small
// networks have loops of ten microseconds. The caller never waits for a helper
// that has not begun: without any it does all the work.
//
// Each thread begins with a part of the chunks of its own, the same in each
// loop, so that it may find in its cache what it wrote there, and then takes
// what others have left.
class Crew {
 public:
  // For the caller and num_threads - 1 helpers.
  explicit Crew(int num_threads);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // By the caller: body(chunk) for all chunks of [0, num_chunks), shared with
  // the helpers at hand. Returns when all are done; where one threw no further
  // ones begin, and the first exception is thrown again.
  void Run(int64_t num_chunks, absl::FunctionRef<void(int64_t chunk)> body);

  // By a helper: takes part in loops until Dismiss().
  void Help();

  // By the caller, after its last loop: Help() returns, whenever it is called.
  void Dismiss();

 private:
  // What a thread begins with. A cache line each: all are counted up.
  struct alignas(64) Part {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  // Chunks of the open loop, part `own` first.
  void Work(int own);
  void RunChunk(int64_t chunk);

  const int num_threads_;
  const std::unique_ptr<Part[]> parts_;
  // The loop's number, whether it is open, whether the crew is dismissed, and
  // how many helpers are inside: a loop's members below change only while it is
  // closed and nobody is inside.
  alignas(64) std::atomic<uint64_t> state_{0};
  std::atomic<int> helpers_{0};  // that ever came
  const absl::FunctionRef<void(int64_t)>* body_ = nullptr;
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;  // of the chunk that set failed_
};

}  // namespace rtfq

#endif  // RTFQ_CORE_CREW_H_
