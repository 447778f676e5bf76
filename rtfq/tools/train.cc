// Trains a run; see kUsage.
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/progress.h"
#include "rtfq/tools/stop_signal.h"
#include "rtfq/tools/train_flags.h"
#include "rtfq/tools/training_run.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Trains one set of weights whose subnets can all be used without
retraining, on labelled source and unlabelled target images.

  bazel run //:train -- --config=recipes/office31_resnet50.textproto \
    --data=~/data/office31 --source=amazon --target=webcam \
    --init=r50.safetensors --run=runs/a2w --set=seed=1 --set=data.resize=256
  bazel run //:train -- --resume=runs/a2w

Ctrl-C or SIGTERM finish the step, save and exit; --resume goes on as if
nothing had happened. The config's fields: rtfq/train/train_config.proto.
)";

absl::StatusOr<std::unique_ptr<TrainingRun>> MakeRun(
    const TrainFlags& flags, const std::vector<std::string>& command,
    Progress& progress) {
  if (!flags.resume.empty()) {
    RTFQ_ASSIGN_OR_RETURN(const ResumedRun run, ResumedRunFrom(flags, command));
    return TrainingRun::Resume(run, progress);
  }
  RTFQ_ASSIGN_OR_RETURN(const NewRun run,
                        NewRunFrom(flags, TrainConfig(), command));
  return TrainingRun::Start(run, progress);
}

absl::Status Main(int argc, char** argv) {
  TrainFlags values;
  Flags flags(kUsage);
  values.AddTo(flags);
  RTFQ_RETURN_IF_ERROR(flags.Parse(argc, argv).status());
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  RTFQ_ASSIGN_OR_RETURN(
      const ProgressStyle style,
      ParseProgressStyle(values.progress, ::isatty(STDERR_FILENO) != 0));
  IgnoreWriteSignals();
  const StopSignals signals;
  Progress progress(style, stderr, SteadyClock());
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<TrainingRun> run,
                        MakeRun(values, {argv, argv + argc}, progress));
  RTFQ_RETURN_IF_ERROR(run->Train(StopRequested));
  const std::string& folder = run->directory().folder();
  progress.Say(
      run->finished()
          ? absl::StrCat(
                "finished; evaluate it: bazel run //:evaluate -- --run=",
                folder)
          : absl::StrCat("stopped at step ", run->step(), " of ",
                         run->total_steps(),
                         "; go on: bazel run //:train -- --resume=", folder));
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv, rtfq::kLessMemoryToTrain);
}
