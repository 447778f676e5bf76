#include "rtfq/tools/experiment.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/models/search_space.h"
#include "rtfq/tools/stop_signal.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

// Whether the folder's run is the one that would be started now.
absl::Status CheckSameRun(const NewRun& wanted, const RunFiles& found) {
  // What depends on the images or the machine is not compared.
  TrainConfig config = wanted.config;
  if (config.adaptation().precision() == AdaptationConfig::AUTO) {
    config.mutable_adaptation()->set_precision(
        found.config.adaptation().precision());
  }
  if (config.adaptation().steps() == 0) {
    config.mutable_adaptation()->set_steps(found.config.adaptation().steps());
  }
  if (config.warm_up().steps() == 0) {
    config.mutable_warm_up()->set_steps(found.config.warm_up().steps());
  }
  RTFQ_ASSIGN_OR_RETURN(const TrainConfig resolved,
                        ResolveTrainConfig(config, 1, 1));
  // Again, for fields that are younger than the run.
  RTFQ_ASSIGN_OR_RETURN(const TrainConfig had,
                        ResolveTrainConfig(found.config, 1, 1));
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  if (found.data.source().name() != wanted.data.source().name() ||
      found.data.target().name() != wanted.data.target().name()) {
    difference = absl::StrCat("it goes from ", found.data.source().name(),
                              " to ", found.data.target().name());
  } else if (differencer.Compare(had, resolved)) {
    return absl::OkStatus();
  }
  absl::StripTrailingAsciiWhitespace(&difference);
  return absl::FailedPreconditionError(
      absl::StrCat(wanted.folder, " holds another run (", difference,
                   "); choose another folder, or remove it"));
}

absl::StatusOr<std::unique_ptr<TrainingRun>> StartOrResume(const NewRun& run,
                                                           Progress& progress) {
  if (!RunDirectory::IsRun(run.folder)) {
    return TrainingRun::Start(run, progress);
  }
  RTFQ_ASSIGN_OR_RETURN(const RunDirectory found,
                        RunDirectory::OpenForReading(run.folder));
  RTFQ_RETURN_IF_ERROR(CheckSameRun(run, found.files()));
  return TrainingRun::Resume({.folder = run.folder,
                              .machine = run.machine,
                              .threads = {},
                              .data_root = run.data.target().root(),
                              .command = run.command},
                             progress);
}

// Somebody may have looked at the run before its end, or at a few subnets.
bool IsWhole(const EvaluationReport& report, const RunFiles& files) {
  const auto space = SearchSpace::Create(files.config.search_space());
  return report.facts().steps() == report.facts().total_steps() && space.ok() &&
         report.subnets_size() == space->size();
}

}  // namespace

absl::StatusOr<EvaluationReport> RunExperiment(
    const NewRun& run, EvaluateOptions evaluate,
    const std::function<bool()>& should_stop, Progress& progress) {
  if (RunDirectory::IsRun(run.folder)) {
    RTFQ_ASSIGN_OR_RETURN(const RunDirectory found,
                          RunDirectory::OpenForReading(run.folder));
    RTFQ_RETURN_IF_ERROR(CheckSameRun(run, found.files()));
    absl::StatusOr<EvaluationReport> report = ReadReport(run.folder);
    if (report.ok() && IsWhole(*report, found.files())) return report;
  }
  {
    RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<TrainingRun> training,
                          StartOrResume(run, progress));
    {
      // Only here: an evaluation that is ended loses nothing but its time.
      const StopSignals signals;
      RTFQ_RETURN_IF_ERROR(training->Train(should_stop));
    }
    if (!training->finished()) {
      return absl::CancelledError(absl::StrCat(
          run.folder, ": stopped at step ", training->step(), " of ",
          training->total_steps(), "; the same command goes on from there"));
    }
  }
  evaluate.folder = run.folder;
  return EvaluateRun(evaluate, progress);
}

absl::StatusOr<Comparison> RunComparison(
    const NewRun& run, const EvaluateOptions& evaluate,
    const std::function<bool()>& should_stop, Progress& progress) {
  NewRun source_only = run;
  source_only.folder = run.folder + "/source_only";
  source_only.config.mutable_adaptation()->set_method(
      AdaptationConfig::SOURCE_ONLY);
  Comparison result;
  progress.Say("source only");
  RTFQ_ASSIGN_OR_RETURN(
      result.source_only,
      RunExperiment(source_only, evaluate, should_stop, progress));
  NewRun adapted = run;
  adapted.folder = run.folder + "/adapted";
  if (run.config.warm_up().enabled()) adapted.warm_up_from = source_only.folder;
  EvaluateOptions beside = evaluate;
  beside.baseline = source_only.folder;
  progress.Say("adapted");
  RTFQ_ASSIGN_OR_RETURN(result.adapted,
                        RunExperiment(adapted, beside, should_stop, progress));
  return result;
}

}  // namespace rtfq
