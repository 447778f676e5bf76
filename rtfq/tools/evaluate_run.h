// From a run's last checkpoint to its report.
#ifndef RTFQ_TOOLS_EVALUATE_RUN_H_
#define RTFQ_TOOLS_EVALUATE_RUN_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/eval/report.pb.h"
#include "rtfq/tools/evaluate_options.h"
#include "rtfq/tools/progress.h"

namespace rtfq {

// Calibrates batch norms and judges every subnet of the run (spec, section 8),
// then writes calibrated.safetensors (what export and verify start from),
// report.csv, budgets.csv, report.json, report.html and report.textproto into
// its folder. A run with method SOURCE_ONLY has no target
// batch norms: its source ones are used.
//
// kFailedPrecondition when the run has not left its warm-up, kInvalidArgument
// for an unknown subnet or selection, errors of reading and of the images.
absl::StatusOr<EvaluationReport> EvaluateRun(const EvaluateOptions& options,
                                             Progress& progress);

// The report of an evaluated run. kFailedPrecondition when there is none.
absl::StatusOr<EvaluationReport> ReadReport(const std::string& folder);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_EVALUATE_RUN_H_
