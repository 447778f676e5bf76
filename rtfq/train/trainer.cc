#include "rtfq/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/models/supernet_init.h"
#include "rtfq/train/checkpoint_position.h"
#include "rtfq/train/checkpoint_tensors.h"
#include "rtfq/train/cosine_schedule.h"
#include "rtfq/train/step_calibration.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

// Steps whose mean loss says whether the warm-up has learned all it can.
constexpr size_t kRecentSteps = 50;

SearchSpaceConfig FloatSpace(const SearchSpaceConfig& config) {
  SearchSpaceConfig result = config;
  result.clear_bit_widths();
  result.add_bit_widths(BitsOf(BitWidth::kFloat));
  return result;
}

// The smallest cross-entropy that label smoothing leaves: the entropy of the
// smoothed labels.
double SmoothingFloor(double smoothing, int num_classes) {
  const double off = smoothing / num_classes;
  const double on = 1 - smoothing + off;
  const double off_term = off > 0 ? off * std::log(off) : 0;
  return -(on * std::log(on) + (num_classes - 1) * off_term);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(
    const Engine& engine, const Options& options, PairedLoader& loader,
    CheckpointStore& checkpoints) {
  if (options.num_classes < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "source has ", options.num_classes, " classes; want at least 2"));
  }
  auto trainer = std::unique_ptr<Trainer>(
      new Trainer(engine, options, loader, checkpoints));
  const TrainConfig& config = options.config;
  RTFQ_ASSIGN_OR_RETURN(trainer->spec_,
                        MakeResNetSpec(config.network(), options.num_classes));
  RTFQ_ASSIGN_OR_RETURN(SearchSpace space,
                        SearchSpace::Create(config.search_space()));
  RTFQ_ASSIGN_OR_RETURN(SearchSpace float_space,
                        SearchSpace::Create(FloatSpace(config.search_space())));
  trainer->space_ = std::make_unique<SearchSpace>(std::move(space));
  trainer->float_space_ = std::make_unique<SearchSpace>(std::move(float_space));
  if (config.warm_up().enabled()) {
    trainer->warm_up_end_ = config.warm_up().steps();
  }
  trainer->MakeWarmUp();
  InitializeRandomly(Rng(config.seed()).Stream("weights"),
                     *trainer->warm_up_net_);
  return trainer;
}

Trainer::Trainer(const Engine& engine, const Options& options,
                 PairedLoader& loader, CheckpointStore& checkpoints)
    : engine_(engine),
      options_(options),
      loader_(loader),
      checkpoints_(checkpoints),
      plans_(engine) {}

Trainer::~Trainer() = default;

int64_t Trainer::total_steps() const {
  return warm_up_end_ + options_.config.adaptation().steps();
}

// The warm-up's network holds the first values even when there is no warm-up.
void Trainer::MakeWarmUp() {
  AdaptationConfig source_only = options_.config.adaptation();
  source_only.set_method(AdaptationConfig::SOURCE_ONLY);
  source_only.set_classification_weight(1);  // its only loss
  warm_up_net_ = std::make_unique<Supernet>(
      spec_, *float_space_, options_.config.batch_norm(), plans_,
      /*with_gradients=*/true);
  optimizer_ = std::make_unique<Optimizer>(
      warm_up_net_->store(), options_.config.warm_up().optimizer());
  train_step_ = std::make_unique<TrainStep>(
      source_only, *warm_up_net_, /*teacher=*/nullptr, *optimizer_,
      PassPrecision(source_only), PassStorage(source_only));
}

void Trainer::MakeAdaptation() {
  const TrainConfig& config = options_.config;
  const auto make = [&](bool with_gradients) {
    return std::make_unique<Supernet>(spec_, *space_, config.batch_norm(),
                                      plans_, with_gradients);
  };
  student_ = make(/*with_gradients=*/true);
  if (config.adaptation().method() == AdaptationConfig::RTFQ) {
    teacher_ = make(/*with_gradients=*/false);
  }
  optimizer_ = std::make_unique<Optimizer>(student_->store(),
                                           config.adaptation().optimizer());
  train_step_ = std::make_unique<TrainStep>(
      config.adaptation(), *student_, teacher_.get(), *optimizer_,
      PassPrecision(config.adaptation()), PassStorage(config.adaptation()));
}

absl::Status Trainer::BeginAdaptation() {
  MakeAdaptation();
  InitializeFromFloat(*warm_up_net_, *student_);
  warm_up_net_.reset();
  RTFQ_RETURN_IF_ERROR(CalibrateSteps());
  if (teacher_ != nullptr) CopyValues(*student_, *teacher_);
  return absl::OkStatus();
}

absl::Status Trainer::CalibrateSteps() {
  const int wanted = options_.config.adaptation().step_calibration_batches();
  return CalibrateActivationSteps(
      (wanted + 1) / 2,
      [this](int64_t i) { return loader_.BatchAt(step_ + i); }, *student_);
}

absl::StatusOr<PretrainedReport> Trainer::LoadPretrained(
    const SafetensorsFile& file, const std::string& file_name) {
  RTFQ_CHECK(step_ == 0 && warm_up_net_ != nullptr);
  return InitializeFromPretrained(file, file_name, *warm_up_net_);
}

absl::Status Trainer::Restore(const SafetensorsFile& checkpoint) {
  RTFQ_ASSIGN_OR_RETURN(const CheckpointPosition position,
                        ReadCheckpointPosition(checkpoint, options_.config));
  step_ = position.step;
  warm_up_end_ = position.warm_up_end;
  // The warm-up's last checkpoint still holds its network.
  if (checkpoint.Find("warm_up/fc.weight") != nullptr) {
    RTFQ_RETURN_IF_ERROR(RestoreSupernet("warm_up", checkpoint, *warm_up_net_));
    if (checkpoint.Find("recent_losses") != nullptr) {
      RTFQ_ASSIGN_OR_RETURN(const Tensor recent,
                            checkpoint.ReadF32("recent_losses"));
      recent_losses_.assign(recent.span().begin(), recent.span().end());
    }
  } else if (warming_up()) {
    return absl::DataLossError(absl::StrCat(checkpoint.name(), ": has step ",
                                            step_, " of the warm-up's ",
                                            warm_up_end_, " and no warm_up/"));
  } else {
    warm_up_net_.reset();
    MakeAdaptation();
    RTFQ_RETURN_IF_ERROR(RestoreSupernet("student", checkpoint, *student_));
    if (teacher_ != nullptr) {
      RTFQ_RETURN_IF_ERROR(RestoreSupernet("teacher", checkpoint, *teacher_));
    }
  }
  return RestoreOptimizer(checkpoint, *optimizer_);
}

absl::Status Trainer::Save() {
  SafetensorsWriter writer;
  writer.SetMetadata("format", "rtfq-checkpoint-1");
  writer.SetMetadata("step", absl::StrCat(step_));
  writer.SetMetadata("warm_up_end", absl::StrCat(warm_up_end_));
  writer.SetMetadata("config_sha256", ConfigFingerprint(options_.config));
  Tensor recent;
  if (warm_up_net_ != nullptr) {
    AddSupernet("warm_up", *warm_up_net_, writer);
    if (!recent_losses_.empty()) {
      recent = Tensor::CopyOf(recent_losses_,
                              {static_cast<int64_t>(recent_losses_.size())});
      writer.AddF32("recent_losses", recent.view());
    }
  } else {
    AddSupernet("student", *student_, writer);
    if (teacher_ != nullptr) AddSupernet("teacher", *teacher_, writer);
  }
  AddOptimizer(*optimizer_, writer);
  return checkpoints_.Save(step_, writer);
}

double Trainer::LearningRate() const {
  const TrainConfig& config = options_.config;
  if (warming_up()) {
    return CosineRate(config.warm_up().optimizer().learning_rate(), step_,
                      config.warm_up().steps());
  }
  return CosineRate(config.adaptation().optimizer().learning_rate(),
                    step_ - warm_up_end_, config.adaptation().steps());
}

std::vector<SampledSubnet> Trainer::DrawSubnets() const {
  Rng rng = Rng(options_.config.seed())
                .Stream("sampler")
                .Stream(static_cast<uint64_t>(step_));
  if (!warming_up()) {
    return SampleSubnets(options_.config.adaptation().sampling(), *space_, rng);
  }
  if (step_ < options_.config.warm_up().steps() / 3) {
    return {{float_space_->Largest(), SubnetRole::kLargest}};
  }
  return SampleSandwichQ(*float_space_, rng);
}

void Trainer::NoteWarmUpLoss(const StepReport& report) {
  const double within = options_.config.warm_up().stop_within_of_floor();
  recent_losses_.push_back(
      static_cast<float>(report.subnets.front().cross_entropy));
  if (recent_losses_.size() > kRecentSteps) {
    recent_losses_.erase(recent_losses_.begin());
  }
  // Not before the sandwich sets have had their turn.
  const bool may_end = within > 0 && recent_losses_.size() == kRecentSteps &&
                       step_ >= options_.config.warm_up().steps() * 2 / 3;
  if (!may_end) return;
  const double mean =
      std::accumulate(recent_losses_.begin(), recent_losses_.end(), 0.0) /
      static_cast<double>(recent_losses_.size());
  const double floor = SmoothingFloor(
      options_.config.adaptation().label_smoothing(), options_.num_classes);
  if (mean <= floor + within) warm_up_end_ = step_;
}

absl::StatusOr<StepReport> Trainer::RunStep() {
  if (!warming_up() && student_ == nullptr) {
    RTFQ_RETURN_IF_ERROR(BeginAdaptation());
  }
  RTFQ_ASSIGN_OR_RETURN(const PairedBatch batch, loader_.BatchAt(step_));
  absl::StatusOr<StepReport> report =
      train_step_->Run(batch, DrawSubnets(), LearningRate());
  if (!report.ok()) {
    return Annotate(report.status(), absl::StrCat("step ", step_ + 1));
  }
  return report;
}

absl::Status Trainer::Run(const std::vector<TrainObserver*>& observers) {
  while (!finished()) {
    StepEvent event;
    event.stage = warming_up() ? Stage::kWarmUp : Stage::kAdaptation;
    RTFQ_ASSIGN_OR_RETURN(const StepReport report, RunStep());
    ++step_;
    if (event.stage == Stage::kWarmUp) NoteWarmUpLoss(report);
    event.step = step_;
    event.total_steps = total_steps();
    event.stage_end =
        event.stage == Stage::kWarmUp ? warm_up_end_ : event.total_steps;
    event.images = options_.config.data().images_per_domain() *
                   (teacher_ != nullptr ? 2 : 1);
    event.report = &report;
    for (TrainObserver* observer : observers) {
      RTFQ_RETURN_IF_ERROR(observer->AfterStep(event));
    }
    const bool stop = options_.should_stop && options_.should_stop();
    if (stop || finished() || step_ % options_.checkpoint_interval == 0) {
      RTFQ_RETURN_IF_ERROR(Save());
    }
    if (stop) break;
  }
  return absl::OkStatus();
}

}  // namespace rtfq
