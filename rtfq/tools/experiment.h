// Training and evaluation in one go, for the demo and for reproductions.
#ifndef RTFQ_TOOLS_EXPERIMENT_H_
#define RTFQ_TOOLS_EXPERIMENT_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "rtfq/eval/report.pb.h"
#include "rtfq/tools/evaluate_run.h"
#include "rtfq/tools/progress.h"
#include "rtfq/tools/training_run.h"

namespace rtfq {

// Trains and evaluates `run`, or goes on where an earlier call stopped: a run
// in the folder is resumed, an evaluated one only read. `evaluate.folder` is
// taken from `run`.
//
// While it trains, the first SIGINT or SIGTERM makes StopRequested() true.
// kFailedPrecondition when the folder holds a run of another config or of other
// domains; kCancelled, saying how to go on, when `should_stop` said so; errors
// of TrainingRun and EvaluateRun().
absl::StatusOr<EvaluationReport> RunExperiment(
    const NewRun& run, EvaluateOptions evaluate,
    const std::function<bool()>& should_stop, Progress& progress);

struct Comparison {
  EvaluationReport source_only;
  EvaluationReport adapted;  // with source_only's accuracies beside its own
};

// RunExperiment() with method SOURCE_ONLY in <folder>/source_only, then with
// `run`'s own method in <folder>/adapted, from the same warm-up.
absl::StatusOr<Comparison> RunComparison(
    const NewRun& run, const EvaluateOptions& evaluate,
    const std::function<bool()>& should_stop, Progress& progress);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_EXPERIMENT_H_
