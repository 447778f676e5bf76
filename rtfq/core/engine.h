// Where computation runs: threads, scratch memory, oneDNN.
#ifndef RTFQ_CORE_ENGINE_H_
#define RTFQ_CORE_ENGINE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/scratch.h"

namespace rtfq {

// Made once by a tool and passed down; there is no global one. Thread-safe.
class Engine {
 public:
  // `num_threads` 0 means all processors available to this process
  // (cpu_features.h). kInvalidArgument for a bad number, kUnavailable when
  // oneDNN refuses this machine.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(
      int num_threads = 0, Profiler* profiler = nullptr);
  ~Engine();

  const ThreadPool& threads() const { return threads_; }
  ScratchPool& scratch() const { return scratch_; }

  // Processor, instruction set in use and number of threads, in one line.
  std::string Description() const;

  // oneDNN's own objects, for rtfq/ops/*.cc by way of rtfq/core/dnnl.h.
  struct Dnnl;
  const Dnnl& dnnl() const { return *dnnl_; }

 private:
  Engine(int num_threads, Profiler* profiler);

  ThreadPool threads_;
  mutable ScratchPool scratch_;
  std::unique_ptr<Dnnl> dnnl_;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_ENGINE_H_
