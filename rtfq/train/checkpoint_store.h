// The checkpoints of one run on the disk.
#ifndef RTFQ_TRAIN_CHECKPOINT_STORE_H_
#define RTFQ_TRAIN_CHECKPOINT_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/safetensors.h"

namespace rtfq {

struct LoadedCheckpoint {
  int64_t step = 0;
  SafetensorsFile file;
  std::string path;
};

// A folder of step-<10 digits>.safetensors, each written atomically with a
// checksum, of which the newest few are kept. A process killed at any moment
// leaves every checkpoint that was saved before whole. One process at a time
// may write; files of other names are never touched.
class CheckpointStore {
 public:
  // Two, because the newest one may turn out to be damaged.
  static constexpr int kDefaultKeep = 2;

  // Creates the folder if it is missing and removes what a killed process left
  // half written (step-*.safetensors.tmp). kInvalidArgument for keep < 1, else
  // the errors of MakeFolders and of the file system.
  static absl::StatusOr<CheckpointStore> Open(const std::string& folder,
                                              int keep = kDefaultKeep);

  // Writes the checkpoint of `step`, 0 <= step < 10^10, replacing one of the
  // same step; then removes all before it but the newest keep - 1. (Those of
  // later steps, damaged ones that LoadLatest skipped, are left to be
  // replaced.) Errors of WriteAtomically; then nothing is removed, so the disk
  // needs room for keep + 1.
  absl::Status Save(int64_t step, const SafetensorsWriter& writer) const;

  // The newest checkpoint that is whole, or nullopt if none is. Damaged and
  // truncated ones are passed over, and why is appended to `skipped`, a line
  // each; a caller that gets nullopt and such lines should not start anew over
  // them. Other errors, as of a file that may not be read, are returned.
  absl::StatusOr<std::optional<LoadedCheckpoint>> LoadLatest(
      std::vector<std::string>* skipped) const;

  const std::string& folder() const { return folder_; }
  // Where the checkpoint of `step` is or would be.
  std::string PathOf(int64_t step) const;

 private:
  CheckpointStore(std::string folder, int keep);

  // The steps that have a file, newest first.
  absl::StatusOr<std::vector<int64_t>> Steps() const;

  std::string folder_;
  int keep_;
};

}  // namespace rtfq

#endif  // RTFQ_TRAIN_CHECKPOINT_STORE_H_
