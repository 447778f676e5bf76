// The whole way in a few minutes; see kUsage.
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/cpu_features.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/synthetic_domains.h"
#include "rtfq/eval/report.h"
#include "rtfq/tools/experiment.h"
#include "rtfq/tools/export_run.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/paths.h"
#include "rtfq/tools/recipes.h"
#include "rtfq/tools/stop_signal.h"
#include "rtfq/tools/train_flags.h"
#include "rtfq/tools/verify_bundle.h"
#include "rtfq/train/text_config.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Makes two small image domains, trains on source alone and with RTF-Q,
judges 48 subnets of each, writes a report, exports the adapted network to one
file and verifies it. Called again it shows what is there, or goes on where it
was stopped; another --run or another config is another demo.

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

// ~/.cache/rtfq/demo/<of the config>: a recipe that has changed since the last
// call is another run, not an error.
absl::StatusOr<std::string> DefaultFolder(const TrainFlags& values,
                                          const TrainConfig& recipe) {
  RTFQ_ASSIGN_OR_RETURN(const TrainConfig config, ConfigFrom(values, recipe));
  RTFQ_ASSIGN_OR_RETURN(const TrainConfig resolved,
                        ResolveTrainConfig(config, 1, 1));
  return absl::StrCat("~/.cache/rtfq/demo/",
                      Sha256Hex(ToTextProto(resolved)).substr(0, 8));
}

absl::StatusOr<Comparison> RunDemo(TrainFlags& values, Progress& progress,
                                   const std::vector<std::string>& command) {
  RTFQ_ASSIGN_OR_RETURN(const TrainConfig recipe, Recipe("demo"));
  if (values.run.empty()) {
    RTFQ_ASSIGN_OR_RETURN(values.run, DefaultFolder(values, recipe));
  }
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
  evaluate.command = command;
  return RunComparison(run, evaluate, StopRequested, progress);
}

// The adapted network as <run>/demo.rtfq, compared with itself.
absl::StatusOr<Certificate> Deploy(const std::string& run, Progress& progress) {
  const std::string bundle = UserPath(run) + "/demo.rtfq";
  const std::string adapted = UserPath(run) + "/adapted";
  const absl::StatusOr<std::string> exported =
      ExportRun({.folder = adapted, .out = bundle, .subnets = {}, .bits = {}});
  if (!absl::IsAlreadyExists(exported.status())) {
    RTFQ_RETURN_IF_ERROR(exported.status());
  }
  VerifyOptions verify;
  verify.bundle = bundle;
  verify.folder = adapted;
  verify.with_oracle = false;
  return VerifyBundle(verify, progress);
}

absl::Status Main(int argc, char** argv) {
  TrainFlags values;
  Flags flags(kUsage);
  flags.Add("run", &values.run,
            "folder for images and runs; ~/.cache/rtfq/demo/... by default");
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
  RTFQ_ASSIGN_OR_RETURN(const Certificate certificate,
                        Deploy(values.run, progress));
  progress.Finish();
  std::printf("%s\nreport: %s/adapted/report.html\n",
              ToText(result.adapted).c_str(), UserPath(values.run).c_str());
  std::printf(
      "deployed: %s: %d of %d subnets give, bit for bit, the logits "
      "they were judged by\n",
      certificate.bundle.c_str(), certificate.equal_subnets(),
      static_cast<int>(certificate.subnets.size()));
  if (certificate.holds()) return absl::OkStatus();
  return absl::DataLossError(certificate.ToText());
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv, rtfq::kLessMemoryToTrain);
}
