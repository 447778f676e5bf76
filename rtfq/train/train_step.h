// One step of the algorithm.
#ifndef RTFQ_TRAIN_TRAIN_STEP_H_
#define RTFQ_TRAIN_TRAIN_STEP_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/tensor.h"
#include "rtfq/data/batch.h"
#include "rtfq/models/supernet.h"
#include "rtfq/ops/images_at.h"
#include "rtfq/train/optimizer.h"
#include "rtfq/train/subnet_sampler.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

// The unweighted losses of one subnet, 0 where it has none of a kind, and their
// weighted sum.
struct SubnetLosses {
  SubnetConfig subnet;
  SubnetRole role = SubnetRole::kIntermediate;
  double cross_entropy = 0;
  double information_maximization = 0;
  double pseudo_label = 0;
  double distillation = 0;
  double total = 0;
};

struct StepReport {
  std::vector<SubnetLosses> subnets;
  double learning_rate = 0;
  double gradient_norm = 0;
  // Share of target images whose pseudo-label passed the threshold.
  double confident_share = 0;
  // Steps held at kSmallestStep, by parameter name.
  std::vector<std::string> clamped_steps;
};

// Trains a student on source and target images (paper, section III; spec,
// section 6). A second network, the teacher, is only read.
class TrainStep {
 public:
  // `teacher` null: cross-entropy on source images alone (warm-up and the
  // source-only baseline); the target half of a batch is not looked at.
  TrainStep(const AdaptationConfig& config, Supernet& student,
            Supernet* teacher, Optimizer& optimizer,
            Precision precision = Precision::kInteger,
            ActivationStorage storage = ActivationStorage::kF32);

  // Accumulates the gradients of all subnets, updates the student, lets the
  // teacher follow. kOutOfRange when a value is not finite, naming subnet,
  // domain, layer and value: then neither network's parameters have moved.
  // Errors of plans as Supernet::Prepare().
  absl::StatusOr<StepReport> Run(const PairedBatch& batch,
                                 std::span<const SampledSubnet> subnets,
                                 double learning_rate);

  // The teacher's logits for each role, [N,classes].
  struct TeacherTargets {
    Tensor largest;       // T_max
    Tensor intermediate;  // T_mid
  };

 private:
  absl::Status PrepareAll(const PairedBatch& batch,
                          std::span<const SampledSubnet> subnets);
  absl::StatusOr<Tensor> TeacherLogits(const SubnetConfig& subnet);
  absl::StatusOr<TeacherTargets> TeacherPredict(
      std::span<const SampledSubnet> subnets);
  absl::StatusOr<SubnetLosses> Accumulate(const SampledSubnet& sampled,
                                          const PairedBatch& batch,
                                          const TeacherTargets& targets,
                                          StepReport& report);
  absl::Status AccumulateSource(std::span<const int64_t> labels,
                                SubnetLosses& losses);
  absl::Status AccumulateTarget(const TeacherTargets& targets,
                                SubnetLosses& losses, StepReport& report);
  // Applies the accumulated gradients; the report is filled up.
  absl::StatusOr<StepReport> Update(double learning_rate, StepReport report);
  Profiler* profiler() const { return student_.engine().threads().profiler(); }
  // The current batch's images at the subnet's resolution.
  const Tensor& ImagesFor(Domain domain, const SubnetConfig& subnet);

  const AdaptationConfig config_;
  Supernet& student_;
  Supernet* teacher_;
  Optimizer& optimizer_;
  const Precision precision_;
  const ActivationStorage storage_;
  std::optional<ops::ImagesAt> images_[2];  // by domain
};

}  // namespace rtfq

#endif  // RTFQ_TRAIN_TRAIN_STEP_H_
