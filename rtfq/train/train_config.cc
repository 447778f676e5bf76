#include "rtfq/train/train_config.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/check.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/models/resnet_spec.h"
#include "rtfq/models/search_space.h"
#include "rtfq/train/text_config.h"

namespace rtfq {
namespace {

constexpr int kMaxSteps = 100'000'000;
// As RandAugment has them, rtfq/data/rand_augment.h.
constexpr int kMaxRandAugmentMagnitude = 10;
// Enough for any depth; what is checked does not depend on the classes.
constexpr int64_t kSomeClasses = 2;

// Gathers all that is wrong, one line each.
class Problems {
 public:
  // NaN lies in no range.
  void Range(const std::string& field, double value, double low, double high) {
    if (value >= low && value <= high) return;
    Add(field, value, absl::StrCat("between ", low, " and ", high));
  }
  void Above(const std::string& field, double value, double low, double high) {
    if (value > low && value <= high) return;
    Add(field, value, absl::StrCat("above ", low, " and at most ", high));
  }
  void Below(const std::string& field, double value, double low, double high) {
    if (value >= low && value < high) return;
    Add(field, value, absl::StrCat("at least ", low, " and below ", high));
  }
  void Add(const std::string& field, double value, const std::string& right) {
    lines_.push_back(absl::StrCat(field, ": ", value, "; it must be ", right));
  }
  void Add(const absl::Status& status) {
    if (!status.ok()) lines_.emplace_back(status.message());
  }

  absl::Status Result() const {
    if (lines_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(lines_, "\n"));
  }

 private:
  std::vector<std::string> lines_;
};

void CheckData(const DataConfig& data, int largest_resolution,
               Problems& problems) {
  // Batch norm of a single image has no variance where the image is 1x1.
  problems.Range("data.images_per_domain", data.images_per_domain(), 2, 65536);
  problems.Range("data.resize", data.resize(), 1, 4096);
  if (largest_resolution > 0) {
    if (data.crop() != 0 && data.crop() != largest_resolution) {
      problems.Add("data.crop", data.crop(),
                   absl::StrCat("0 or ", largest_resolution,
                                ", the largest of search_space.resolutions"));
    }
    if (data.resize() < largest_resolution) {
      problems.Add("data.resize", data.resize(),
                   absl::StrCat("at least ", largest_resolution,
                                ", the largest of search_space.resolutions"));
    }
  }
  problems.Above("data.min_crop_scale", data.min_crop_scale(), 0, 1);
  problems.Above("data.max_crop_scale", data.max_crop_scale(), 0, 1);
  if (data.min_crop_scale() > data.max_crop_scale()) {
    problems.Add(
        "data.min_crop_scale", data.min_crop_scale(),
        absl::StrCat("at most data.max_crop_scale, ", data.max_crop_scale()));
  }
  problems.Range("data.rand_augment_probability",
                 data.rand_augment_probability(), 0, 1);
  problems.Range("data.rand_augment_operations", data.rand_augment_operations(),
                 0, 100);
  problems.Range("data.rand_augment_magnitude", data.rand_augment_magnitude(),
                 2, kMaxRandAugmentMagnitude);
  problems.Range("data.held_out_source_percent", data.held_out_source_percent(),
                 0, 90);
}

void CheckOptimizer(const std::string& name, const OptimizerConfig& optimizer,
                    Problems& problems) {
  problems.Above(name + ".learning_rate", optimizer.learning_rate(), 0, 100);
  problems.Below(name + ".momentum", optimizer.momentum(), 0, 1);
  problems.Range(name + ".weight_decay", optimizer.weight_decay(), 0, 1);
  problems.Range(name + ".classifier_lr_multiplier",
                 optimizer.classifier_lr_multiplier(), 0, 1000);
  problems.Range(name + ".step_size_lr_multiplier",
                 optimizer.step_size_lr_multiplier(), 0, 1000);
}

void CheckAdaptation(const AdaptationConfig& a, Problems& problems) {
  problems.Range("adaptation.steps", a.steps(), 0, kMaxSteps);
  CheckOptimizer("adaptation.optimizer", a.optimizer(), problems);
  problems.Range("adaptation.classification_weight", a.classification_weight(),
                 0, 1e6);
  problems.Range("adaptation.distillation_weight", a.distillation_weight(), 0,
                 1e6);
  problems.Range("adaptation.pseudo_label_weight", a.pseudo_label_weight(), 0,
                 1e6);
  problems.Range("adaptation.information_maximization_weight",
                 a.information_maximization_weight(), 0, 1e6);
  problems.Below("adaptation.label_smoothing", a.label_smoothing(), 0, 1);
  problems.Range("adaptation.pseudo_label_threshold",
                 a.pseudo_label_threshold(), 0, 1);
  problems.Range("adaptation.teacher_temperature", a.teacher_temperature(),
                 1e-3, 100);
  problems.Range("adaptation.student_temperature", a.student_temperature(),
                 1e-3, 100);
  problems.Range("adaptation.teacher_momentum", a.teacher_momentum(), 0, 1);
  problems.Range("adaptation.step_calibration_batches",
                 a.step_calibration_batches(), 1, 10000);
}

template <typename List>
void FillList(const std::vector<int>& values, List& list) {
  list.Assign(values.begin(), values.end());
}

void FillLists(const SearchSpace& space, TrainConfig& config) {
  SearchSpaceConfig& lists = *config.mutable_search_space();
  FillList(space.resolutions(), *lists.mutable_resolutions());
  FillList(space.width_percents(), *lists.mutable_width_percents());
  std::vector<int> bits;
  for (const BitWidth b : space.bit_widths())
    bits.push_back(static_cast<int>(b));
  FillList(bits, *lists.mutable_bit_widths());
}

void FillTiny(const ResNetSpec& spec, NetworkConfig::Tiny& tiny) {
  tiny.clear_stage_channels();
  tiny.clear_stage_blocks();
  for (const StageSpec& stage : spec.stages) {
    tiny.add_stage_channels(static_cast<int>(stage.channels));
    tiny.add_stage_blocks(stage.blocks);
  }
}

}  // namespace

absl::Status ValidateTrainConfig(const TrainConfig& config) {
  Problems problems;
  problems.Add(MakeResNetSpec(config.network(), kSomeClasses).status());
  const absl::StatusOr<SearchSpace> space =
      SearchSpace::Create(config.search_space());
  problems.Add(space.status());
  problems.Above("batch_norm.epsilon", config.batch_norm().epsilon(), 0, 1);
  problems.Above("batch_norm.momentum", config.batch_norm().momentum(), 0, 1);
  CheckData(config.data(), space.ok() ? space->resolutions().front() : 0,
            problems);
  problems.Range("warm_up.steps", config.warm_up().steps(), 0, kMaxSteps);
  CheckOptimizer("warm_up.optimizer", config.warm_up().optimizer(), problems);
  problems.Range("warm_up.stop_within_of_floor",
                 config.warm_up().stop_within_of_floor(), 0, 100);
  CheckAdaptation(config.adaptation(), problems);
  return problems.Result();
}

absl::Status ValidateMachineConfig(const MachineConfig& config) {
  Problems problems;
  problems.Range("threads", config.threads(), 0, 1024);
  problems.Range("checkpoint_interval", config.checkpoint_interval(), 1,
                 kMaxSteps);
  problems.Range("checkpoints_kept", config.checkpoints_kept(), 1, 1000);
  problems.Range("metrics_interval", config.metrics_interval(), 1, kMaxSteps);
  problems.Range("image_cache_mib", config.image_cache_mib(), 0, 1 << 24);
  problems.Range("batches_ahead", config.batches_ahead(), 0, 64);
  return problems.Result();
}

absl::StatusOr<TrainConfig> ResolveTrainConfig(const TrainConfig& config,
                                               int64_t num_source,
                                               int64_t num_target) {
  RTFQ_CHECK(num_source >= 1 && num_target >= 1);
  RTFQ_RETURN_IF_ERROR(ValidateTrainConfig(config));
  RTFQ_ASSIGN_OR_RETURN(const SearchSpace space,
                        SearchSpace::Create(config.search_space()));
  RTFQ_ASSIGN_OR_RETURN(const ResNetSpec spec,
                        MakeResNetSpec(config.network(), kSomeClasses));
  TrainConfig resolved = config;
  FillDefaults(resolved);
  FillLists(space, resolved);
  if (resolved.network().family() == NetworkConfig::TINY) {
    FillTiny(spec, *resolved.mutable_network()->mutable_tiny());
  } else {
    resolved.mutable_network()->clear_tiny();
  }
  if (resolved.data().crop() == 0) {
    resolved.mutable_data()->set_crop(space.resolutions().front());
  }
  AdaptationConfig& adaptation = *resolved.mutable_adaptation();
  if (adaptation.steps() == 0) {
    const int64_t batch = resolved.data().images_per_domain();
    const int64_t images = std::max(num_source, num_target);
    const int64_t batches = images / batch + (images % batch != 0 ? 1 : 0);
    if (batches > kMaxSteps / 30) {
      return absl::InvalidArgumentError(
          absl::StrCat("adaptation.steps: 0 would mean 30 times ", batches,
                       " batches; set it to at most ", kMaxSteps));
    }
    adaptation.set_steps(
        static_cast<int>(std::max<int64_t>(600, 30 * batches)));
  }
  if (resolved.warm_up().steps() == 0) {
    resolved.mutable_warm_up()->set_steps(adaptation.steps());
  }
  return resolved;
}

std::string ConfigFingerprint(const TrainConfig& config) {
  return Sha256Hex(config.ShortDebugString());
}

Precision PassPrecision(const AdaptationConfig& config) {
  switch (config.precision()) {
    case AdaptationConfig::F32:
      return Precision::kFloat;
    case AdaptationConfig::BF16:
      return Precision::kIntegerBf16;
    case AdaptationConfig::INT8:
    case AdaptationConfig::AUTO:
      break;
  }
  return Precision::kInteger;
}

ActivationStorage PassStorage(const AdaptationConfig& config) {
  return config.activation_storage() == AdaptationConfig::BF16_STORAGE
             ? ActivationStorage::kBf16
             : ActivationStorage::kF32;
}

TransformOptions TransformOptionsOf(const TrainConfig& config) {
  const DataConfig& data = config.data();
  TransformOptions options;
  options.resize = data.resize();
  options.crop = data.crop();
  options.rand_augment_probability = data.rand_augment_probability();
  options.rand_augment_n = data.rand_augment_operations();
  options.rand_augment_m = data.rand_augment_magnitude();
  options.horizontal_flip = data.horizontal_flip();
  options.min_scale = data.min_crop_scale();
  options.max_scale = data.max_crop_scale();
  return options;
}

}  // namespace rtfq
