// Checking a TrainConfig and filling in what depends on the images.
#ifndef RTFQ_TRAIN_TRAIN_CONFIG_H_
#define RTFQ_TRAIN_TRAIN_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/data/transforms.h"
#include "rtfq/models/pass.h"
#include "rtfq/train/machine_config.pb.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

// OK when a run could start with this config. Otherwise kInvalidArgument with
// one line for each field that is wrong: its name, its value, what is accepted.
absl::Status ValidateTrainConfig(const TrainConfig& config);
absl::Status ValidateMachineConfig(const MachineConfig& config);

// The config with nothing left implicit: every default written down, empty
// lists replaced by what they stand for, and, for |S| and |T| images (at least
// one each) and B = data.images_per_domain,
//
//   data.crop        = the largest resolution, where 0
//   adaptation.steps = max(600, 30 * ceil(max(|S|, |T|) / B)), where 0: AnyDA's
//                      30 epochs, and ours, because webcam to dslr has 21
//                      batches of 38
//   warm_up.steps    = adaptation.steps, where 0
//
// Resolving twice changes nothing. ValidateTrainConfig()'s errors, and
// kInvalidArgument for so many images that the steps cannot be counted.
absl::StatusOr<TrainConfig> ResolveTrainConfig(const TrainConfig& config,
                                               int64_t num_source,
                                               int64_t num_target);

// Hexadecimal SHA-256 of a resolved config: checkpoints keep it, so that none
// is continued with another config.
std::string ConfigFingerprint(const TrainConfig& config);

// How the passes of an adaptation compute. AUTO counts as INT8 where nobody has
// measured.
Precision PassPrecision(const AdaptationConfig& config);
ActivationStorage PassStorage(const AdaptationConfig& config);

// The transforms a config describes; `config` is resolved.
TransformOptions TransformOptionsOf(const TrainConfig& config);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_TRAIN_CONFIG_H_
