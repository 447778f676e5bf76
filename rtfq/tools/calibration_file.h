// The batch-norm statistics a run was judged with.
#ifndef RTFQ_TOOLS_CALIBRATION_FILE_H_
#define RTFQ_TOOLS_CALIBRATION_FILE_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/domain.h"
#include "rtfq/models/supernet.h"
#include "rtfq/tools/run_directory.h"

namespace rtfq {

// What was measured, and how.
struct Calibration {
  int64_t step = 0;  // of training
  Domain domain = Domain::kTarget;
  int64_t batches = 0;  // at most, of batch_size images
  int64_t batch_size = 0;
};

// <folder>/calibrated.safetensors: evaluation leaves it behind, and what is
// exported is what was judged.
std::string CalibrationPath(const RunDirectory& run);

// Stores the running statistics of the subnets' banks in `domain`, under their
// names in the supernet. Errors of SafetensorsWriter::WriteAtomically().
absl::Status WriteCalibration(const std::string& path,
                              const Calibration& calibration,
                              std::span<const SubnetConfig> subnets,
                              const Supernet& supernet);

// Fills the banks of `subnets` from the file. kFailedPrecondition, saying what
// to run, when there is none, when it is of another step than `step`, or lacks
// a subnet; kDataLoss when it is damaged.
absl::StatusOr<Calibration> RestoreCalibration(
    const std::string& path, int64_t step,
    std::span<const SubnetConfig> subnets, Supernet& supernet);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_CALIBRATION_FILE_H_
