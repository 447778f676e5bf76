#include "rtfq/train/checkpoint_position.h"

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

absl::StatusOr<int64_t> ReadCount(const SafetensorsFile& file, const char* key,
                                  int64_t most) {
  const auto found = file.metadata().find(key);
  int64_t value = 0;
  if (found == file.metadata().end() ||
      !absl::SimpleAtoi(found->second, &value) || value < 0) {
    return absl::DataLossError(
        absl::StrCat(file.name(), ": metadata \"", key, "\" is not a count"));
  }
  if (value > most) {
    return absl::DataLossError(
        absl::StrCat(file.name(), ": metadata \"", key, "\" is ", value,
                     "; the run's config allows at most ", most));
  }
  return value;
}

}  // namespace

absl::StatusOr<CheckpointPosition> ReadCheckpointPosition(
    const SafetensorsFile& file, const TrainConfig& config) {
  const auto written_with = file.metadata().find("config_sha256");
  if (written_with == file.metadata().end()) {
    return absl::DataLossError(
        absl::StrCat(file.name(), ": has no \"config_sha256\""));
  }
  if (written_with->second != ConfigFingerprint(config)) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.name(),
                     ": was trained with another config than its run has now; "
                     "undo what changed there, or start another run"));
  }
  CheckpointPosition position;
  RTFQ_ASSIGN_OR_RETURN(
      position.warm_up_end,
      ReadCount(file, "warm_up_end", config.warm_up().steps()));
  RTFQ_ASSIGN_OR_RETURN(
      position.step,
      ReadCount(file, "step",
                position.warm_up_end + config.adaptation().steps()));
  return position;
}

}  // namespace rtfq
