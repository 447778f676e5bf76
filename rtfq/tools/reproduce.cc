// Runs the experiments of the paper; see kUsage.
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "rtfq/core/status_macros.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/progress.h"
#include "rtfq/tools/reproduction.h"
#include "rtfq/tools/reproduction_runs.h"
#include "rtfq/tools/stop_signal.h"
#include "rtfq/tools/train_flags.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Trains on source alone and with RTF-Q, for each task and seed, judges all
subnets, and prints a table with reported numbers beside. Called again it goes
on where it stopped.

  bazel run //:reproduce -- office31 --data=~/data/office31 \
    --init=r50.safetensors --tasks=a2w,w2d --seeds=1,2,3 --run=runs/office31
  bazel run //:reproduce -- digits --data=~/data/digits --run=runs/digits
)";

absl::Status Main(int argc, char** argv) {
  TrainFlags values;
  ReproductionChoice choice;
  Flags flags(kUsage);
  flags.Add("run", &values.run, "folder for all runs");
  flags.Add("tasks", &choice.tasks, "all, or a2w,d2w,w2d,a2d,d2a,w2a; m2u");
  flags.Add("seeds", &choice.seeds, "1,2,3: one run a seed");
  flags.Add("ablation", &choice.ablation, "sampling or bits: rows to compare");
  flags.Add("recipe", &choice.recipe, "instead of the benchmark's own");
  values.AddSharedTo(flags);
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                        flags.Parse(argc, argv, /*most_positional=*/1));
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  RTFQ_ASSIGN_OR_RETURN(const Benchmark benchmark,
                        FindBenchmark(words.empty() ? "" : words[0]));
  RTFQ_ASSIGN_OR_RETURN(
      const ProgressStyle style,
      ParseProgressStyle(values.progress, ::isatty(STDERR_FILENO) != 0));
  IgnoreWriteSignals();
  Progress progress(style, stderr, SteadyClock());
  RTFQ_ASSIGN_OR_RETURN(
      const std::vector<Outcome> outcomes,
      RunReproduction(benchmark, choice, values, {argv, argv + argc},
                      StopRequested, progress));
  std::fputs(ReproductionTable(benchmark, outcomes).c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv, rtfq::kLessMemoryToTrain);
}
