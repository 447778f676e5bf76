// The first activation steps.
#ifndef RTFQ_TRAIN_STEP_CALIBRATION_H_
#define RTFQ_TRAIN_STEP_CALIBRATION_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/data/batch.h"
#include "rtfq/models/supernet.h"

namespace rtfq {

// Sets every activation step to 2 * mean|x| / sqrt(Q_P), the mean over the
// inputs of the largest resolution and width while source and target batches
// pass through the network at each bit width in turn (spec, section 4; LSQ,
// section 2.1). Each batch normalises with its own statistics; running
// statistics do not move. At full precision there is nothing to set.
//
// `batch_at` gives batches 0 to num_batches - 1, the same each time: it is
// asked once for each bit width, so that one batch is in memory at a time.
// Errors of it and of Supernet::Prepare().
absl::Status CalibrateActivationSteps(
    int64_t num_batches,
    absl::FunctionRef<absl::StatusOr<PairedBatch>(int64_t)> batch_at,
    Supernet& supernet);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_STEP_CALIBRATION_H_
