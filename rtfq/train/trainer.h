// The whole of training: warm-up, calibration of steps, adaptation.
#ifndef RTFQ_TRAIN_TRAINER_H_
#define RTFQ_TRAIN_TRAINER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/data/paired_loader.h"
#include "rtfq/models/pretrained.h"
#include "rtfq/models/supernet.h"
#include "rtfq/train/checkpoint_store.h"
#include "rtfq/train/observer.h"
#include "rtfq/train/train_config.pb.h"
#include "rtfq/train/train_step.h"

namespace rtfq {

// Where it stands is one number, the step, counted over warm-up and adaptation
// together; with the config and the seed it decides everything random, so a
// run that is killed and resumed gives the weights of one that is not.
class Trainer {
 public:
  struct Options {
    TrainConfig config;  // resolved: no number of steps is 0 by default
    int num_classes = 0;
    int checkpoint_interval = 50;
    // Asked after each step; true saves a checkpoint and ends Run() early.
    std::function<bool()> should_stop;
  };

  // `engine`, `loader` and `checkpoints` must outlive the trainer. Values start
  // as InitializeRandomly(). kInvalidArgument for a config that fits no network
  // or a number of classes below 2.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(
      const Engine& engine, const Options& options, PairedLoader& loader,
      CheckpointStore& checkpoints);
  ~Trainer();

  // Starts from public weights instead; before Run() and only at step 0.
  // Errors as InitializeFromPretrained().
  absl::StatusOr<PretrainedReport> LoadPretrained(const SafetensorsFile& file,
                                                  const std::string& file_name);
  // Continues from a checkpoint. kInvalidArgument when it is of another config;
  // kNotFound, kInvalidArgument or kDataLoss naming the tensor that is missing,
  // has the wrong shape or values that none can have; kDataLoss when its step
  // is not one of this training.
  absl::Status Restore(const SafetensorsFile& checkpoint);

  // Trains to the end, or until should_stop. Checkpoints are saved every
  // checkpoint_interval steps and at the end. A step with values that are not
  // finite is not applied and ends the run with its error; the last checkpoint
  // stays.
  absl::Status Run(const std::vector<TrainObserver*>& observers);

  int64_t step() const { return step_; }
  // Steps of both stages; the warm-up may end early.
  int64_t total_steps() const;
  bool finished() const { return step_ >= total_steps(); }
  // The trained network; null during the warm-up.
  Supernet* student() const { return student_.get(); }

 private:
  Trainer(const Engine& engine, const Options& options, PairedLoader& loader,
          CheckpointStore& checkpoints);

  bool warming_up() const { return step_ < warm_up_end_; }
  double LearningRate() const;
  std::vector<SampledSubnet> DrawSubnets() const;
  void MakeWarmUp();
  void MakeAdaptation();
  absl::Status BeginAdaptation();
  absl::Status CalibrateSteps();
  absl::StatusOr<StepReport> RunStep();
  void NoteWarmUpLoss(const StepReport& report);
  absl::Status Save();

  const Engine& engine_;
  const Options options_;
  PairedLoader& loader_;
  CheckpointStore& checkpoints_;
  ConvPlans plans_;
  ResNetSpec spec_;
  std::unique_ptr<SearchSpace> space_;
  std::unique_ptr<SearchSpace> float_space_;

  int64_t step_ = 0;
  int64_t warm_up_end_ = 0;
  std::vector<float> recent_losses_;  // of the warm-up's largest subnet
  std::unique_ptr<Supernet> warm_up_net_;
  std::unique_ptr<Supernet> student_;
  std::unique_ptr<Supernet> teacher_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<TrainStep> train_step_;
};

}  // namespace rtfq

#endif  // RTFQ_TRAIN_TRAINER_H_
