// A run directory and the trainer that works in it.
#ifndef RTFQ_TOOLS_TRAINING_RUN_H_
#define RTFQ_TOOLS_TRAINING_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/data/paired_loader.h"
#include "rtfq/tools/metrics_log.h"
#include "rtfq/tools/progress.h"
#include "rtfq/tools/run_data.h"
#include "rtfq/tools/run_directory.h"
#include "rtfq/train/checkpoint_store.h"
#include "rtfq/train/trainer.h"

namespace rtfq {

struct NewRun {
  std::string folder;
  TrainConfig config;  // not yet resolved
  MachineConfig machine;
  RunData data;  // roots, names, skip_bad_images, init
  // The folder of a run with the same warm-up, which is then taken over instead
  // of made again; "" for none.
  std::string warm_up_from;
  std::vector<std::string> command;  // argv
};

struct ResumedRun {
  std::string folder;
  std::optional<MachineConfig> machine;  // else the run's
  std::optional<int> threads;            // else the machine's
  std::string data_root;                 // where the images are now; "" unmoved
  std::vector<std::string> command;
};

// Everything a config and a run directory need to train, owned.
class TrainingRun {
 public:
  // Reads the config and checks it, the images and the first weights before
  // anything is written; then the folder is a run. kInvalidArgument naming what
  // is wrong; errors of RunDirectory::Create(), OpenRunDomains(),
  // Trainer::Create() and Trainer::LoadPretrained().
  static absl::StatusOr<std::unique_ptr<TrainingRun>> Start(const NewRun& run,
                                                            Progress& progress);
  // Goes on from the newest whole checkpoint, or from the start when the run
  // was ended before the first. kDataLoss when every checkpoint is damaged;
  // errors of RunDirectory::Open(), OpenRunDomains(), Trainer::Restore().
  static absl::StatusOr<std::unique_ptr<TrainingRun>> Resume(
      const ResumedRun& run, Progress& progress);

  // To the end or until `should_stop`, asked after each step. Errors as
  // Trainer::Run(). The last checkpoint of the warm-up is kept as
  // warm_up.safetensors for other runs to take over.
  absl::Status Train(const std::function<bool()>& should_stop);

  bool finished() const { return trainer_->finished(); }
  int64_t step() const { return trainer_->step(); }
  int64_t total_steps() const { return trainer_->total_steps(); }
  const RunDirectory& directory() const { return directory_; }

 private:
  TrainingRun(RunDirectory directory, std::unique_ptr<Engine> engine,
              Progress& progress)
      : directory_(std::move(directory)),
        engine_(std::move(engine)),
        progress_(progress) {}

  absl::Status Build(const RunFiles& files, const RunDomains& domains);
  absl::Status LoadFirstWeights(const std::optional<SafetensorsFile>& weights,
                                const RunData& data);
  absl::Status RestoreLatest();
  absl::Status OpenMetrics();
  bool AtEndOfWarmUp() const;
  absl::Status KeepWarmUp();

  // In the order in which they need each other.
  RunDirectory directory_;
  std::unique_ptr<Engine> engine_;
  Progress& progress_;
  std::function<bool()> should_stop_;
  std::unique_ptr<PairedLoader> loader_;
  std::optional<CheckpointStore> checkpoints_;
  std::unique_ptr<Trainer> trainer_;
  std::unique_ptr<MetricsLog> metrics_;
};

}  // namespace rtfq

#endif  // RTFQ_TOOLS_TRAINING_RUN_H_
