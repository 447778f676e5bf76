// Evaluates a run; see kUsage.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/eval/report.h"
#include "rtfq/tools/evaluate_run.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/paths.h"
#include "rtfq/tools/progress.h"
#include "rtfq/tools/stop_signal.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Judges the subnets of a trained run: calibrates the batch norms of each,
measures accuracy, cost and latency, and writes report.html, .json and .csv
into the run's folder.

  bazel run //:evaluate -- --run=runs/a2w
  bazel run //:evaluate -- --run=runs/digits --test=usps_test --batches=8
)";

absl::Status Main(int argc, char** argv) {
  EvaluateOptions options;
  std::string subnets, selection = "all", progress_style = "auto";
  Flags flags(kUsage);
  flags.Add("run", &options.folder, "folder of the run");
  flags.Add("data", &options.data_root, "where the images are, if they moved");
  flags.Add("test", &options.test, "domain to judge instead of the target");
  flags.Add("batches", &options.calibration_batches,
            "unlabelled batches that calibrate the batch norms");
  flags.Add("batch_size", &options.batch_size, "images a batch");
  flags.Add("subnets", &subnets, "r224-w100-q8,r128-w60-q4; all if not given");
  flags.Add("selection", &selection,
            "all, or some of label_free,source,oracle: how subnets are chosen");
  flags.Add("source_images", &options.source_images,
            "at most so many score the subnets for the source selection");
  flags.Add("baseline", &options.baseline,
            "evaluated source-only run whose accuracies stand beside");
  flags.Add("latency", &options.measure_latency, "measure milliseconds");
  flags.Add("threads", &options.threads, "0: as many as the run");
  flags.Add("progress", &progress_style, "auto, plain, json or none");
  RTFQ_RETURN_IF_ERROR(flags.Parse(argc, argv).status());
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  if (options.folder.empty()) {
    return absl::InvalidArgumentError(
        "--run is missing, as in --run=runs/a2w; --help shows all flags");
  }
  options.folder = UserPath(options.folder);
  options.data_root = UserPath(options.data_root);
  options.baseline = UserPath(options.baseline);
  options.subnets = absl::StrSplit(subnets, ',', absl::SkipEmpty());
  options.selection = absl::StrSplit(selection, ',');
  options.command.assign(argv, argv + argc);
  RTFQ_ASSIGN_OR_RETURN(
      const ProgressStyle style,
      ParseProgressStyle(progress_style, ::isatty(STDERR_FILENO) != 0));
  IgnoreWriteSignals();
  Progress progress(style, stderr, SteadyClock());
  RTFQ_ASSIGN_OR_RETURN(const EvaluationReport report,
                        EvaluateRun(options, progress));
  std::printf("%s\nreport: %s/report.html\n", ToText(report).c_str(),
              options.folder.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv,
                       "a smaller --batch_size takes less");
}
