// From a run's last checkpoint to its report.
#ifndef RTFQ_TOOLS_EVALUATE_RUN_H_
#define RTFQ_TOOLS_EVALUATE_RUN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/eval/report.pb.h"
#include "rtfq/tools/progress.h"

namespace rtfq {

struct EvaluateOptions {
  std::string folder;     // of the run
  std::string data_root;  // where the images are now; "" unmoved
  // The domain whose images are judged; "" is the target. Batch norms are
  // calibrated on the target's images whatever is judged.
  std::string test;
  int64_t calibration_batches = 32;  // of batch_size images
  int64_t batch_size = 64;
  std::vector<std::string> subnets;  // "r64-w100-q8"; empty: all
  // Which choices are reported: label_free, source and oracle, or all. Only
  // `source` needs a second pass, over source images.
  std::vector<std::string> selection = {"all"};
  // At most so many source images, drawn at random, score the subnets.
  int64_t source_images = 1000;
  // A run trained on source alone and evaluated: its accuracies stand beside.
  std::string baseline;
  bool measure_latency = true;
  int64_t threads = 0;  // 0: as many as the run
  std::vector<std::string> command;
};

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
