// The runs behind a reproduction's table.
#ifndef RTFQ_TOOLS_REPRODUCTION_RUNS_H_
#define RTFQ_TOOLS_REPRODUCTION_RUNS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/tools/progress.h"
#include "rtfq/tools/reproduction.h"
#include "rtfq/tools/train_flags.h"

namespace rtfq {

struct ReproductionChoice {
  std::string tasks = "all";
  std::string seeds = "1";
  std::string ablation;
  std::string recipe;  // instead of the benchmark's own
};

// RunComparison() for each task, variant and seed, in
// <flags.run>/<task>-seed<seed>[-<variant>]. What is finished is only read.
// Errors of the choice before anything runs, then as RunComparison().
absl::StatusOr<std::vector<Outcome>> RunReproduction(
    const Benchmark& benchmark, const ReproductionChoice& choice,
    const TrainFlags& flags, const std::vector<std::string>& command,
    const std::function<bool()>& should_stop, Progress& progress);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_REPRODUCTION_RUNS_H_
