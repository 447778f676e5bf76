// The experiments of the paper, run and put into a table.
#ifndef RTFQ_TOOLS_REPRODUCTION_H_
#define RTFQ_TOOLS_REPRODUCTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/eval/report.pb.h"

namespace rtfq {

struct BenchmarkTask {
  std::string name;  // "a2w"
  std::string source;
  std::string target;
  std::string test;  // domain judged; "" is the target
};

struct Benchmark {
  std::string name;    // "office31"
  std::string recipe;  // of its config
  std::vector<BenchmarkTask> tasks;
  // What others report, for the foot of the table.
  std::string reported;
};

// "office31" or "digits"; kInvalidArgument for another.
absl::StatusOr<Benchmark> FindBenchmark(const std::string& name);
// "all", or names with commas between.
absl::StatusOr<std::vector<BenchmarkTask>> FindTasks(const Benchmark& benchmark,
                                                     const std::string& names);
// "1,2,3".
absl::StatusOr<std::vector<uint64_t>> ParseSeeds(const std::string& text);

// One row of an ablation: overrides of the config.
struct Variant {
  std::string name;  // part of the folder's name; "" for the recipe itself
  std::vector<std::string> overrides;
};
// "" (the recipe alone), "sampling" (Table II: the three sampling rules) or
// "bits" (joint bits beside each bit width alone). kInvalidArgument for
// another.
absl::StatusOr<std::vector<Variant>> FindVariants(const std::string& ablation);

struct Outcome {
  std::string row;          // "a2w", "a2w max_k_min"
  EvaluationReport report;  // with source-only accuracies
};

// A line for each row, seeds together: mean +- standard deviation (n - 1) of
// the largest subnet's accuracy, source-only and adapted, and of the scores
// over eight budgets by each selection; then the mean of the rows; then what
// others report. Percent; unknown values are "-".
std::string ReproductionTable(const Benchmark& benchmark,
                              const std::vector<Outcome>& outcomes);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_REPRODUCTION_H_
