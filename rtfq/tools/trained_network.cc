#include "rtfq/tools/trained_network.h"

#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/models/resnet_spec.h"
#include "rtfq/models/search_space.h"
#include "rtfq/train/checkpoint_position.h"
#include "rtfq/train/checkpoint_store.h"
#include "rtfq/train/checkpoint_tensors.h"

namespace rtfq {
namespace {

absl::StatusOr<LoadedCheckpoint> NewestCheckpoint(const RunDirectory& run) {
  RTFQ_ASSIGN_OR_RETURN(const CheckpointStore store,
                        CheckpointStore::Open(run.checkpoints()));
  std::vector<std::string> skipped;
  RTFQ_ASSIGN_OR_RETURN(std::optional<LoadedCheckpoint> latest,
                        store.LoadLatest(&skipped));
  if (!skipped.empty()) {
    return absl::DataLossError(absl::StrCat(
        skipped.front(),
        latest.has_value()
            ? "; make its steps again: bazel run //:train -- --resume="
            : "; no other is whole: train again, another --run with --warm_up=",
        run.folder()));
  }
  if (latest.has_value()) return *std::move(latest);
  return absl::FailedPreconditionError(absl::StrCat(
      run.folder(),
      ": has no checkpoint yet; train first: bazel run //:train -- --resume=",
      run.folder()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrainedNetwork>> TrainedNetwork::Load(
    const std::string& folder, int threads,
    const std::vector<std::string>& subnets) {
  RTFQ_ASSIGN_OR_RETURN(RunDirectory directory, RunDirectory::Open(folder));
  RTFQ_ASSIGN_OR_RETURN(
      std::unique_ptr<Engine> engine,
      Engine::Create(threads != 0 ? threads
                                  : directory.files().machine.threads()));
  auto network = std::unique_ptr<TrainedNetwork>(
      new TrainedNetwork(std::move(directory), std::move(engine)));
  RTFQ_RETURN_IF_ERROR(network->LoadStudent());
  RTFQ_RETURN_IF_ERROR(network->ChooseSubnets(subnets));
  return network;
}

Domain TrainedNetwork::domain() const {
  return files().config.adaptation().method() == AdaptationConfig::RTFQ
             ? Domain::kTarget
             : Domain::kSource;
}

absl::Status TrainedNetwork::LoadStudent() {
  const TrainConfig& config = files().config;
  RTFQ_ASSIGN_OR_RETURN(const LoadedCheckpoint checkpoint,
                        NewestCheckpoint(directory_));
  RTFQ_ASSIGN_OR_RETURN(const CheckpointPosition position,
                        ReadCheckpointPosition(checkpoint.file, config));
  step_ = position.step;
  total_steps_ = position.warm_up_end + config.adaptation().steps();
  if (checkpoint.file.Find("student/fc.weight") == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory_.folder(), ": stands at step ", step_,
                     ", in its warm-up, which has no subnets yet; train on: "
                     "bazel run //:train -- --resume=",
                     directory_.folder()));
  }
  RTFQ_ASSIGN_OR_RETURN(
      const ResNetSpec spec,
      MakeResNetSpec(config.network(), files().data.class_names_size()));
  RTFQ_ASSIGN_OR_RETURN(const SearchSpace space,
                        SearchSpace::Create(config.search_space()));
  supernet_.emplace(spec, space, config.batch_norm(), plans_,
                    /*with_gradients=*/false);
  return RestoreSupernet("student", checkpoint.file, *supernet_);
}

absl::Status TrainedNetwork::ChooseSubnets(
    const std::vector<std::string>& names) {
  const SearchSpace& space = supernet_->space();
  if (names.empty()) subnets_ = space.All();
  for (const std::string& name : names) {
    RTFQ_ASSIGN_OR_RETURN(const SubnetConfig subnet, ParseSubnetConfig(name));
    if (space.IndexOf(subnet) < 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, " is not in the run's search space, which goes from ",
          space.Largest().ToString(), " to ", space.Smallest().ToString()));
    }
    subnets_.push_back(subnet);
  }
  return absl::OkStatus();
}

}  // namespace rtfq
