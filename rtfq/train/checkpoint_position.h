// How far a checkpoint's training had come.
#ifndef RTFQ_TRAIN_CHECKPOINT_POSITION_H_
#define RTFQ_TRAIN_CHECKPOINT_POSITION_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

struct CheckpointPosition {
  int64_t step = 0;         // steps done, those of the warm-up among them
  int64_t warm_up_end = 0;  // the warm-up's steps, as far as is known by then
};

// Of the metadata "step" and "warm_up_end". kInvalidArgument when the
// checkpoint was written with another config (metadata "config_sha256"),
// kDataLoss naming the file when one of the three is missing, or a number is no
// count or lies beyond what a training by `config` can reach:
//   warm_up_end <= warm_up.steps, step <= warm_up_end + adaptation.steps.
absl::StatusOr<CheckpointPosition> ReadCheckpointPosition(
    const SafetensorsFile& file, const TrainConfig& config);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_CHECKPOINT_POSITION_H_
