// The first activation steps.
#ifndef RTFQ_TRAIN_STEP_CALIBRATION_H_
#define RTFQ_TRAIN_STEP_CALIBRATION_H_

#include <span>

#include "absl/status/status.h"
#include "rtfq/data/batch.h"
#include "rtfq/models/supernet.h"

namespace rtfq {

// Sets every activation step to 2 * mean|x| / sqrt(Q_P), the mean over the
// inputs of the largest resolution and width while source and target batches
// pass through the network at each bit width in turn (spec, section 4; LSQ,
// section 2.1). Each batch normalises with its own statistics; running
// statistics do not move. At full precision there is nothing to set. Errors as
// Supernet::Prepare().
absl::Status CalibrateActivationSteps(std::span<const PairedBatch> batches,
                                      Supernet& supernet);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_STEP_CALIBRATION_H_
