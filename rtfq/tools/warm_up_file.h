// One warm-up for several runs.
#ifndef RTFQ_TOOLS_WARM_UP_FILE_H_
#define RTFQ_TOOLS_WARM_UP_FILE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/tools/run_directory.h"
#include "rtfq/train/checkpoint_store.h"

namespace rtfq {

// The warm-up's last checkpoint in a run directory.
inline constexpr char kWarmUpFile[] = "warm_up.safetensors";

// The end of the warm-up of one run, to begin another with: a source-only
// baseline and an adapted network, or the rows of an ablation, then differ in
// adaptation alone.
class WarmUpFile {
 public:
  // From the folder of a run whose warm-up has ended. kFailedPrecondition when
  // it has not, or when `into` would have had another one: its images or first
  // weights differ, or its config in anything but what adaptation alone reads
  // and the precision.
  static absl::StatusOr<WarmUpFile> Read(const std::string& folder,
                                         const RunFiles& into);

  // Makes it the first checkpoint of the run, with the metrics until then.
  absl::Status WriteInto(const RunDirectory& run,
                         const CheckpointStore& checkpoints) const;

  int64_t step() const { return step_; }

 private:
  WarmUpFile(SafetensorsFile file, int64_t step, std::string metrics)
      : file_(std::move(file)), step_(step), metrics_(std::move(metrics)) {}

  SafetensorsFile file_;
  int64_t step_;
  std::string metrics_;
};

}  // namespace rtfq

#endif  // RTFQ_TOOLS_WARM_UP_FILE_H_
