// The only threads of the program.
#ifndef RTFQ_CORE_PARALLEL_H_
#define RTFQ_CORE_PARALLEL_H_

#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"

namespace rtfq {

class Profiler;

// A fixed number of threads, the caller's among them. Work is cut into chunks
// that depend on the work alone, so a reduction that keeps one partial result a
// chunk and adds them in order gives the same bits on 1 or 64 threads.
// Thread-safe; calls may nest.
class ThreadPool {
 public:
  // `num_threads` >= 1. `profiler`, which may be null and must outlive the
  // pool, is told what is done by whoever works with these threads.
  explicit ThreadPool(int num_threads, Profiler* profiler = nullptr);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const { return num_threads_; }
  Profiler* profiler() const { return profiler_; }

  // body(begin, end) for the chunks [0,grain), [grain,2*grain), ... of
  // [0,count); the last may be short. Returns when all are done.
  void For(int64_t count, int64_t grain,
           absl::FunctionRef<void(int64_t begin, int64_t end)> body) const;

  // Runs `body`, which is many short loops one after the other: the threads
  // stay awake between them, so that a loop begins sooner (crew.h). Meanwhile
  // other callers' loops get fewer threads or wait for one; and where all are
  // taken `body` itself waits and runs on another thread than the caller's.
  void Region(absl::FunctionRef<void()> body) const;

  // Runs `body` so that libraries parallel through TBB use these threads.
  void Execute(absl::FunctionRef<void()> body) const;

  // Runs `body` on the calling thread so that libraries parallel through TBB
  // use no other: for work that is one chunk of a For().
  static void ExecuteSerially(absl::FunctionRef<void()> body);

  // The number of chunks For() makes.
  static int64_t NumChunks(int64_t count, int64_t grain) {
    return (count + grain - 1) / grain;
  }

 private:
  struct Arena;
  const int num_threads_;
  Profiler* const profiler_;
  std::unique_ptr<Arena> arena_;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_PARALLEL_H_
