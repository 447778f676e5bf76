// The whole way in a few minutes; see kUsage.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "rtfq/core/cpu_features.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/synthetic_domains.h"
#include "rtfq/eval/report.h"
#include "rtfq/tools/experiment.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/paths.h"
#include "rtfq/tools/recipes.h"
#include "rtfq/tools/stop_signal.h"
#include "rtfq/tools/train_flags.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Makes two small image domains, trains on source alone and with RTF-Q,
judges 48 subnets of each and writes a report. Called again it shows what is
there, or goes on where it was stopped; another --run is another demo.

  bazel run //:demo
  bazel run //:demo -- --run=runs/demo --set=seed=2
)";

// Shapes in daylight, then at dusk: textured, recoloured, noisy, in weak light.
SyntheticOptions DemoImages() {
  SyntheticOptions options;
  options.images_per_class = 200;
  options.shift = 0.3;
  options.dusk = 0.6;
  return options;
}

absl::StatusOr<Comparison> RunDemo(TrainFlags& values, Progress& progress,
                                   const std::vector<std::string>& command) {
  RTFQ_ASSIGN_OR_RETURN(const TrainConfig recipe, Recipe("demo"));
  if (values.data.empty()) {
    values.data = values.run + "/data";
    RTFQ_ASSIGN_OR_RETURN(const int threads, ResolveThreadCount(0));
    progress.Say(absl::StrCat("images: ", UserPath(values.data)));
    RTFQ_RETURN_IF_ERROR(WriteSyntheticDomains(
        DemoImages(), UserPath(values.data), ThreadPool(threads)));
  }
  values.source = kCleanDomain;
  values.target = kShiftedDomain;
  RTFQ_ASSIGN_OR_RETURN(const NewRun run, NewRunFrom(values, recipe, command));
  EvaluateOptions evaluate;
  evaluate.calibration_batches = 8;
  evaluate.command = command;
  return RunComparison(run, evaluate, StopRequested, progress);
}

absl::Status Main(int argc, char** argv) {
  TrainFlags values;
  values.run = "~/.cache/rtfq/demo";
  Flags flags(kUsage);
  flags.Add("run", &values.run, "folder for images and runs");
  values.AddSharedTo(flags);
  RTFQ_RETURN_IF_ERROR(flags.Parse(argc, argv).status());
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  RTFQ_ASSIGN_OR_RETURN(
      const ProgressStyle style,
      ParseProgressStyle(values.progress, ::isatty(STDERR_FILENO) != 0));
  IgnoreWriteSignals();
  Progress progress(style, stderr, SteadyClock());
  RTFQ_ASSIGN_OR_RETURN(const Comparison result,
                        RunDemo(values, progress, {argv, argv + argc}));
  std::printf("%s\nreport: %s/adapted/report.html\n",
              ToText(result.adapted).c_str(), UserPath(values.run).c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::ExitCode(rtfq::Main(argc, argv));
}
