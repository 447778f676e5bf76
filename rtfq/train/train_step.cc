#include "rtfq/train/train_step.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/profiler.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/train/ema_update.h"
#include "rtfq/train/losses/cross_entropy.h"
#include "rtfq/train/losses/distillation.h"
#include "rtfq/train/losses/information_maximization.h"
#include "rtfq/train/losses/pseudo_label.h"

namespace rtfq {
namespace {

absl::Status NonFiniteError(const std::string& where, const std::string& what,
                            double value) {
  return absl::OutOfRangeError(absl::StrCat(
      where, ": ", what, " is ", value,
      "; the step was not applied, and would fail again. Another run with a "
      "smaller learning_rate may help, of warm_up.optimizer or of "
      "adaptation.optimizer, whichever had its turn"));
}

absl::Status CheckFinite(const std::string& where,
                         const std::optional<NonFinite>& non_finite) {
  if (!non_finite.has_value()) return absl::OkStatus();
  return NonFiniteError(where, non_finite->layer, non_finite->value);
}

std::string Where(const SubnetConfig& subnet, Domain domain,
                  const char* network) {
  return absl::StrCat(network, " ", subnet.ToString(), ", ", NameOf(domain));
}

// total += weight * loss, and the same of their gradients.
void AddLoss(double weight, const LossAndGradient& loss, double& total,
             Tensor& dlogits) {
  total += weight * loss.loss;
  const std::span<float> sum = dlogits.span();
  const std::span<const float> added = loss.dlogits.span();
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] += static_cast<float>(weight) * added[i];
  }
}

bool LearnsFromTeacherMean(SubnetRole role) {
  return role == SubnetRole::kSmallest;
}

}  // namespace

TrainStep::TrainStep(const AdaptationConfig& config, Supernet& student,
                     Supernet* teacher, Optimizer& optimizer,
                     Precision precision, ActivationStorage storage)
    : config_(config),
      student_(student),
      teacher_(teacher),
      optimizer_(optimizer),
      precision_(precision),
      storage_(storage) {}

const Tensor& TrainStep::ImagesFor(Domain domain, const SubnetConfig& subnet) {
  const ProfileScope scope(profiler(), Work::kResize);
  return images_[static_cast<int>(domain)]->Resolution(subnet.resolution);
}

absl::Status TrainStep::PrepareAll(const PairedBatch& batch,
                                   std::span<const SampledSubnet> subnets) {
  for (const SampledSubnet& sampled : subnets) {
    RTFQ_RETURN_IF_ERROR(student_.Prepare(
        sampled.subnet, batch.source.images.shape()[0], precision_));
    if (teacher_ == nullptr) continue;
    RTFQ_RETURN_IF_ERROR(student_.Prepare(
        sampled.subnet, batch.target.images.shape()[0], precision_));
  }
  if (teacher_ == nullptr || config_.teacher_nets() != AdaptationConfig::ALL) {
    return absl::OkStatus();
  }
  for (const SubnetConfig& subnet : student_.space().All()) {
    RTFQ_RETURN_IF_ERROR(
        teacher_->Prepare(subnet, batch.target.images.shape()[0], precision_));
  }
  return absl::OkStatus();
}

absl::StatusOr<Tensor> TrainStep::TeacherLogits(const SubnetConfig& subnet) {
  Supernet::Saved saved;
  Tensor logits = teacher_->Forward(ImagesFor(Domain::kTarget, subnet),
                                    {.subnet = subnet,
                                     .domain = Domain::kTarget,
                                     .mode = Mode::kBatchStatistics,
                                     .precision = precision_},
                                    saved);
  RTFQ_RETURN_IF_ERROR(
      CheckFinite(Where(subnet, Domain::kTarget, "teacher"), saved.non_finite));
  return logits;
}

absl::StatusOr<TrainStep::TeacherTargets> TrainStep::TeacherPredict(
    std::span<const SampledSubnet> subnets) {
  TeacherTargets targets;
  std::vector<SubnetConfig> intermediate;
  for (const SampledSubnet& sampled : subnets) {
    if (sampled.role == SubnetRole::kIntermediate) {
      intermediate.push_back(sampled.subnet);
    }
  }
  const SearchSpace& space = student_.space();
  if (config_.teacher_nets() == AdaptationConfig::ALL && space.size() > 2) {
    const std::vector<SubnetConfig> all = space.All();
    intermediate.assign(all.begin() + 1, all.end() - 1);
  }
  const SubnetConfig largest = space.Largest();
  RTFQ_ASSIGN_OR_RETURN(targets.largest, TeacherLogits(largest));
  for (const SubnetConfig& subnet : intermediate) {
    RTFQ_ASSIGN_OR_RETURN(const Tensor logits, TeacherLogits(subnet));
    if (targets.intermediate.empty()) {
      targets.intermediate = Tensor::Zeros(logits.shape());
    }
    double unused = 0;
    AddLoss(1.0 / static_cast<double>(intermediate.size()), {0, logits}, unused,
            targets.intermediate);
  }
  if (targets.intermediate.empty()) targets.intermediate = targets.largest;
  return targets;
}

absl::Status TrainStep::AccumulateSource(std::span<const int64_t> labels,
                                         SubnetLosses& losses) {
  const std::string where = Where(losses.subnet, Domain::kSource, "student");
  Supernet::Saved saved;
  const Tensor logits =
      student_.Forward(ImagesFor(Domain::kSource, losses.subnet),
                       {.subnet = losses.subnet,
                        .domain = Domain::kSource,
                        .mode = Mode::kTraining,
                        .precision = precision_,
                        .storage = storage_},
                       saved);
  RTFQ_RETURN_IF_ERROR(CheckFinite(where, saved.non_finite));
  const ProfileScope scope(profiler(), Work::kLoss);
  const LossAndGradient loss =
      CrossEntropy(logits, labels, config_.label_smoothing());
  losses.cross_entropy = loss.loss;
  if (!std::isfinite(loss.loss)) {
    return NonFiniteError(where, "fc: cross-entropy", loss.loss);
  }
  Tensor dlogits = Tensor::Zeros(logits.shape());
  AddLoss(config_.classification_weight(), loss, losses.total, dlogits);
  student_.Backward(dlogits, saved);
  return CheckFinite(where, saved.non_finite);
}

absl::Status TrainStep::AccumulateTarget(const TeacherTargets& targets,
                                         SubnetLosses& losses,
                                         StepReport& report) {
  const std::string where = Where(losses.subnet, Domain::kTarget, "student");
  Supernet::Saved saved;
  const Tensor logits =
      student_.Forward(ImagesFor(Domain::kTarget, losses.subnet),
                       {.subnet = losses.subnet,
                        .domain = Domain::kTarget,
                        .mode = Mode::kTraining,
                        .precision = precision_,
                        .storage = storage_},
                       saved);
  RTFQ_RETURN_IF_ERROR(CheckFinite(where, saved.non_finite));
  const ProfileScope scope(profiler(), Work::kLoss);
  Tensor dlogits = Tensor::Zeros(logits.shape());
  const LossAndGradient information = InformationMaximization(logits);
  losses.information_maximization = information.loss;
  AddLoss(config_.information_maximization_weight(), information, losses.total,
          dlogits);
  if (losses.role == SubnetRole::kLargest) {
    const PseudoLabelResult pseudo = PseudoLabel(
        logits, config_.pseudo_label_threshold(), config_.label_smoothing());
    losses.pseudo_label = pseudo.loss;
    AddLoss(config_.pseudo_label_weight(), pseudo, losses.total, dlogits);
    double confident = 0;
    for (const uint8_t passed : pseudo.mask) confident += passed;
    report.confident_share =
        confident / static_cast<double>(pseudo.mask.size());
  } else {
    const LossAndGradient distilled = Distillation(
        logits,
        LearnsFromTeacherMean(losses.role) ? targets.intermediate
                                           : targets.largest,
        config_.teacher_temperature(), config_.student_temperature());
    losses.distillation = distilled.loss;
    AddLoss(config_.distillation_weight(), distilled, losses.total, dlogits);
  }
  if (!std::isfinite(losses.total)) {
    return NonFiniteError(where, "fc: loss", losses.total);
  }
  student_.Backward(dlogits, saved);
  return CheckFinite(where, saved.non_finite);
}

absl::StatusOr<SubnetLosses> TrainStep::Accumulate(
    const SampledSubnet& sampled, const PairedBatch& batch,
    const TeacherTargets& targets, StepReport& report) {
  SubnetLosses losses = {.subnet = sampled.subnet, .role = sampled.role};
  RTFQ_RETURN_IF_ERROR(AccumulateSource(batch.source.labels, losses));
  if (teacher_ != nullptr) {
    RTFQ_RETURN_IF_ERROR(AccumulateTarget(targets, losses, report));
  }
  return losses;
}

absl::StatusOr<StepReport> TrainStep::Run(
    const PairedBatch& batch, std::span<const SampledSubnet> subnets,
    double learning_rate) {
  RTFQ_RETURN_IF_ERROR(PrepareAll(batch, subnets));
  const ThreadPool& threads = student_.engine().threads();
  images_[0].emplace(threads, batch.source.images);
  images_[1].emplace(threads, batch.target.images);
  StepReport report;
  report.learning_rate = learning_rate;
  student_.store().ZeroGradients();
  TeacherTargets targets;
  if (teacher_ != nullptr) {
    RTFQ_ASSIGN_OR_RETURN(targets, TeacherPredict(subnets));
  }
  for (const SampledSubnet& sampled : subnets) {
    RTFQ_ASSIGN_OR_RETURN(SubnetLosses losses,
                          Accumulate(sampled, batch, targets, report));
    report.subnets.push_back(losses);
  }
  return Update(learning_rate, report);
}

absl::StatusOr<StepReport> TrainStep::Update(double learning_rate,
                                             StepReport report) {
  const ProfileScope scope(profiler(), Work::kOptimizer);
  const ThreadPool& threads = student_.engine().threads();
  std::string culprit;
  report.gradient_norm = optimizer_.GradientNorm(&culprit);
  if (!std::isfinite(report.gradient_norm)) {
    return NonFiniteError("gradient of all subnets", culprit,
                          report.gradient_norm);
  }
  report.clamped_steps = optimizer_.Step(threads, learning_rate);
  if (teacher_ == nullptr) return report;
  auto& teacher = teacher_->store().parameters();
  const auto& student = student_.store().parameters();
  RTFQ_CHECK(teacher.size() == student.size());
  for (size_t i = 0; i < student.size(); ++i) {
    EmaUpdate(threads, teacher[i].value.span(), student[i].value.span(),
              config_.teacher_momentum());
  }
  return report;
}

}  // namespace rtfq
