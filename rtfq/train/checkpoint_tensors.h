// A network's and an optimizer's values in a checkpoint.
#ifndef RTFQ_TRAIN_CHECKPOINT_TENSORS_H_
#define RTFQ_TRAIN_CHECKPOINT_TENSORS_H_

#include <string>

#include "absl/status/status.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/models/supernet.h"
#include "rtfq/train/optimizer.h"

namespace rtfq {

// Adds every parameter and buffer as "<prefix>/<name>". The writer keeps views:
// the supernet must stay as it is until the file is written.
void AddSupernet(const std::string& prefix, const Supernet& supernet,
                 SafetensorsWriter& writer);
// Fills every parameter and buffer. kNotFound or kInvalidArgument naming file
// and tensor where one is missing or has another shape, kDataLoss where a value
// is not finite, a quantizer's step not positive or a variance negative; values
// may then have changed in part.
absl::Status RestoreSupernet(const std::string& prefix,
                             const SafetensorsFile& file, Supernet& supernet);

// The same for velocities, as "velocity/<name>", which must be finite.
void AddOptimizer(const Optimizer& optimizer, SafetensorsWriter& writer);
absl::Status RestoreOptimizer(const SafetensorsFile& file,
                              Optimizer& optimizer);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_CHECKPOINT_TENSORS_H_
