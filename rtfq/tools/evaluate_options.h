// What to evaluate, and how much of it to report.
#ifndef RTFQ_TOOLS_EVALUATE_OPTIONS_H_
#define RTFQ_TOOLS_EVALUATE_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rtfq/eval/report.pb.h"

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

// kInvalidArgument naming the flag whose value is out of range or unknown.
absl::Status CheckEvaluateOptions(const EvaluateOptions& options);

// Whether `selection` ("label_free", "source", "oracle") is to be reported.
bool Wants(const EvaluateOptions& options, const std::string& selection);

// Clears the choices that are not.
void KeepSelections(const EvaluateOptions& options, EvaluationReport& report);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_EVALUATE_OPTIONS_H_
