// Running statistics measured anew for each subnet.
#ifndef RTFQ_EVAL_BATCH_NORM_CALIBRATION_H_
#define RTFQ_EVAL_BATCH_NORM_CALIBRATION_H_

#include <cstdint>
#include <span>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "rtfq/core/domain.h"
#include "rtfq/core/random.h"
#include "rtfq/data/dataset.h"
#include "rtfq/data/sequential_loader.h"
#include "rtfq/models/supernet.h"

namespace rtfq {

// The same images in an order drawn by `rng`: calibration on images sorted by
// class would see batches of one class and too small variances.
DomainDataset Shuffled(const DomainDataset& dataset, Rng rng);

// Batch-norm calibration ([U], section 3.3): forgets the running statistics of
// each subnet's bank in `domain` and sets them to the average over the first
// `max_batches` full batches of `loader` (a short one only when it is the only
// one), every batch weighing the same. Labels are not looked at. `after_batch`
// is called with the number of batches done. kInvalidArgument without images;
// errors as SequentialLoader::BatchAt() and Supernet::Prepare().
absl::Status CalibrateBatchNorm(std::span<const SubnetConfig> subnets,
                                Domain domain, const SequentialLoader& loader,
                                int64_t max_batches, Supernet& supernet,
                                absl::FunctionRef<void(int64_t)> after_batch);

}  // namespace rtfq

#endif  // RTFQ_EVAL_BATCH_NORM_CALIBRATION_H_
