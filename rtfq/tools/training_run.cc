#include "rtfq/tools/training_run.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/file.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/core/torch_container.h"
#include "rtfq/tools/environment.h"
#include "rtfq/tools/precision_choice.h"
#include "rtfq/tools/training_advice.h"
#include "rtfq/tools/warm_up_file.h"
#include "rtfq/train/text_config.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

LoaderOptions LoaderOptionsOf(const RunFiles& files) {
  LoaderOptions options;
  options.images_per_domain = files.config.data().images_per_domain();
  options.seed = files.config.seed();
  options.transform = TransformOptionsOf(files.config);
  options.cache_mib = files.machine.image_cache_mib();
  options.batches_ahead = files.machine.batches_ahead();
  // Bad images are gone by now; one that turns bad later changes what is
  // learned and so is an error.
  options.on_bad_image = BadImagePolicy::kFail;
  return options;
}

DomainDataset TrainingPart(const TrainConfig& config,
                           const DomainDataset& source) {
  return HoldOut(source, config.data().held_out_source_percent(),
                 Rng(config.seed()).Stream("held_out"))
      .training;
}

void TellLeftOut(const RunDomains& domains, Progress& progress) {
  if (!domains.left_out.empty()) {
    progress.Say(absl::StrCat("left out:\n", domains.left_out));
  }
}

absl::StatusOr<TrainConfig> ResolveAndAdvise(const NewRun& run,
                                             const RunDomains& domains,
                                             Progress& progress) {
  const DomainDataset training = TrainingPart(run.config, domains.source);
  const auto target_images = static_cast<int64_t>(domains.target.images.size());
  RTFQ_ASSIGN_OR_RETURN(
      TrainConfig config,
      ResolveTrainConfig(run.config,
                         static_cast<int64_t>(training.images.size()),
                         target_images));
  for (const std::string& line : TrainingAdvice(config, training, target_images,
                                                !run.data.init().empty())) {
    progress.Say(line);
  }
  return config;
}

// Replaces AUTO by what it means here, so that a run that is resumed or made
// again elsewhere rounds as it did.
absl::Status FillPrecision(const Engine& engine, Progress& progress,
                           AdaptationConfig& config) {
  if (config.precision() != AdaptationConfig::AUTO) return absl::OkStatus();
  RTFQ_ASSIGN_OR_RETURN(const PrecisionChoice choice,
                        ChoosePrecision(engine, SteadyClock()));
  progress.Say(choice.reason);
  config.set_precision(choice.precision);
  return absl::OkStatus();
}

// The file --init names, if any; its hash goes into `data`, or must be the one
// there.
absl::StatusOr<std::optional<SafetensorsFile>> ReadFirstWeights(RunData& data) {
  if (data.init().empty()) return std::nullopt;
  RTFQ_ASSIGN_OR_RETURN(std::string bytes, ReadFile(data.init()));
  if (LooksLikeTorch(bytes)) {
    return absl::InvalidArgumentError(
        absl::StrCat(data.init(),
                     ": is PyTorch's format; convert it once: bazel run "
                     "//:import_weights -- ",
                     data.init(), " --out=weights.safetensors"));
  }
  const std::string hash = Sha256Hex(bytes);
  if (data.has_init_sha256() && data.init_sha256() != hash) {
    return absl::FailedPreconditionError(
        absl::StrCat(data.init(), " is not the file this run began with"));
  }
  data.set_init_sha256(hash);
  return SafetensorsFile::Parse(std::move(bytes), data.init());
}

}  // namespace

absl::Status TrainingRun::Build(const RunFiles& files,
                                const RunDomains& domains) {
  RTFQ_ASSIGN_OR_RETURN(
      loader_, PairedLoader::Create(LoaderOptionsOf(files),
                                    TrainingPart(files.config, domains.source),
                                    domains.target, engine_->threads()));
  RTFQ_ASSIGN_OR_RETURN(
      checkpoints_, CheckpointStore::Open(directory_.checkpoints(),
                                          files.machine.checkpoints_kept()));
  Trainer::Options options;
  options.config = files.config;
  options.num_classes = static_cast<int>(domains.source.classes.size());
  options.checkpoint_interval = files.machine.checkpoint_interval();
  options.should_stop = [this] { return should_stop_(); };
  RTFQ_ASSIGN_OR_RETURN(
      trainer_, Trainer::Create(*engine_, options, *loader_, *checkpoints_));
  return absl::OkStatus();
}

absl::Status TrainingRun::LoadFirstWeights(
    const std::optional<SafetensorsFile>& weights, const RunData& data) {
  if (!weights.has_value()) return absl::OkStatus();
  RTFQ_ASSIGN_OR_RETURN(const PretrainedReport report,
                        trainer_->LoadPretrained(*weights, data.init()));
  progress_.Say(absl::StrCat(
      "weights: ", report.loaded, " tensors of ", data.init(),
      report.replaced.empty()
          ? ""
          : absl::StrCat("; begins anew, for another number of classes: ",
                         absl::StrJoin(report.replaced, ", "))));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<TrainingRun>> TrainingRun::Start(
    const NewRun& run, Progress& progress) {
  RTFQ_RETURN_IF_ERROR(ValidateTrainConfig(run.config));
  RTFQ_RETURN_IF_ERROR(ValidateMachineConfig(run.machine));
  RTFQ_ASSIGN_OR_RETURN(RunDirectory directory,
                        RunDirectory::Create(run.folder));
  RTFQ_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                        Engine::Create(run.machine.threads()));
  progress.Say(engine->Description());
  // Before the images, which may take minutes to look at.
  RunData data = run.data;
  RTFQ_ASSIGN_OR_RETURN(const std::optional<SafetensorsFile> first_weights,
                        ReadFirstWeights(data));
  RTFQ_ASSIGN_OR_RETURN(const RunDomains domains,
                        OpenRunDomains(data, engine->threads()));
  TellLeftOut(domains, progress);
  RunFiles files = {.config = {},
                    .machine = run.machine,
                    .data = domains.data,
                    .environment = DescribeEnvironment(*engine, run.command)};
  FillDefaults(files.machine);
  RTFQ_ASSIGN_OR_RETURN(files.config, ResolveAndAdvise(run, domains, progress));
  RTFQ_RETURN_IF_ERROR(
      FillPrecision(*engine, progress, *files.config.mutable_adaptation()));
  auto result = std::unique_ptr<TrainingRun>(
      new TrainingRun(std::move(directory), std::move(engine), progress));
  RTFQ_RETURN_IF_ERROR(result->Build(files, domains));
  RTFQ_RETURN_IF_ERROR(result->LoadFirstWeights(first_weights, files.data));
  if (run.warm_up_from.empty()) {
    RTFQ_RETURN_IF_ERROR(result->directory_.Commit(files));
  } else {
    RTFQ_ASSIGN_OR_RETURN(const WarmUpFile warm_up,
                          WarmUpFile::Read(run.warm_up_from, files));
    RTFQ_RETURN_IF_ERROR(result->directory_.Commit(files));
    RTFQ_RETURN_IF_ERROR(
        warm_up.WriteInto(result->directory_, *result->checkpoints_));
    RTFQ_RETURN_IF_ERROR(result->RestoreLatest());
  }
  RTFQ_RETURN_IF_ERROR(result->OpenMetrics());
  return result;
}

absl::StatusOr<std::unique_ptr<TrainingRun>> TrainingRun::Resume(
    const ResumedRun& run, Progress& progress) {
  RTFQ_ASSIGN_OR_RETURN(RunDirectory directory, RunDirectory::Open(run.folder));
  RunFiles files = directory.files();
  if (run.machine.has_value()) files.machine = *run.machine;
  if (run.threads.has_value()) files.machine.set_threads(*run.threads);
  RTFQ_RETURN_IF_ERROR(ValidateMachineConfig(files.machine));
  FillDefaults(files.machine);
  if (!run.data_root.empty()) {
    files.data.mutable_source()->set_root(run.data_root);
    files.data.mutable_target()->set_root(run.data_root);
  }
  RTFQ_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                        Engine::Create(files.machine.threads()));
  progress.Say(engine->Description());
  RTFQ_ASSIGN_OR_RETURN(const RunDomains domains,
                        OpenRunDomains(files.data, engine->threads()));
  files.data = domains.data;
  files.environment = DescribeEnvironment(*engine, run.command);
  auto result = std::unique_ptr<TrainingRun>(
      new TrainingRun(std::move(directory), std::move(engine), progress));
  RTFQ_RETURN_IF_ERROR(result->Build(files, domains));
  RTFQ_RETURN_IF_ERROR(result->RestoreLatest());
  if (result->step() == 0) {
    RTFQ_ASSIGN_OR_RETURN(const std::optional<SafetensorsFile> first_weights,
                          ReadFirstWeights(files.data));
    RTFQ_RETURN_IF_ERROR(result->LoadFirstWeights(first_weights, files.data));
  }
  RTFQ_RETURN_IF_ERROR(
      result->directory_.Update(files.machine, files.data, files.environment));
  RTFQ_RETURN_IF_ERROR(result->OpenMetrics());
  return result;
}

absl::Status TrainingRun::RestoreLatest() {
  std::vector<std::string> skipped;
  RTFQ_ASSIGN_OR_RETURN(const std::optional<LoadedCheckpoint> latest,
                        checkpoints_->LoadLatest(&skipped));
  for (const std::string& reason : skipped) {
    progress_.Say(absl::StrCat("damaged, passed over: ", reason));
  }
  if (!latest.has_value()) {
    if (skipped.empty()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        directory_.checkpoints(), ": every checkpoint is damaged: ",
        absl::StrJoin(skipped, "; "), ". Start another run"));
  }
  RTFQ_RETURN_IF_ERROR(trainer_->Restore(latest->file));
  progress_.Say(absl::StrCat("goes on from step ", step(), " of ",
                             total_steps(), " (", latest->path, ")"));
  return AtEndOfWarmUp() ? KeepWarmUp() : absl::OkStatus();
}

absl::Status TrainingRun::OpenMetrics() {
  RTFQ_ASSIGN_OR_RETURN(
      metrics_, MetricsLog::Open(directory_.metrics(), step(),
                                 directory_.files().machine.metrics_interval(),
                                 SteadyClock()));
  return absl::OkStatus();
}

bool TrainingRun::AtEndOfWarmUp() const {
  const TrainConfig& config = directory_.files().config;
  return config.warm_up().enabled() &&
         step() == total_steps() - config.adaptation().steps();
}

// The checkpoint of this step under another name, as which it stays.
absl::Status TrainingRun::KeepWarmUp() {
  const std::string from = checkpoints_->PathOf(step());
  const std::string to = directory_.Path(kWarmUpFile);
  std::error_code error;
  if (std::filesystem::exists(to, error)) return absl::OkStatus();
  std::filesystem::create_hard_link(from, to, error);
  if (error) std::filesystem::copy_file(from, to, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(to, ": cannot create: ", error.message()));
}

absl::Status TrainingRun::Train(const std::function<bool()>& should_stop) {
  bool asked_to_stop = false;
  should_stop_ = [&] {
    asked_to_stop = should_stop && should_stop();
    // Run() saves a checkpoint and returns; then it is kept and training goes
    // on.
    return asked_to_stop || AtEndOfWarmUp();
  };
  while (!finished() && !asked_to_stop) {
    RTFQ_RETURN_IF_ERROR(trainer_->Run({metrics_.get(), &progress_}));
    if (AtEndOfWarmUp()) RTFQ_RETURN_IF_ERROR(KeepWarmUp());
  }
  progress_.Finish();
  return absl::OkStatus();
}

}  // namespace rtfq
