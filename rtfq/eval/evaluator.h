// Accuracy of subnets over a domain.
#ifndef RTFQ_EVAL_EVALUATOR_H_
#define RTFQ_EVAL_EVALUATOR_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "rtfq/core/domain.h"
#include "rtfq/data/sequential_loader.h"
#include "rtfq/eval/metrics.h"
#include "rtfq/models/supernet.h"

namespace rtfq {

// Runs all images of `loader` through each subnet with the running statistics
// of its bank in `domain` (calibrate them first) and returns one Metrics a
// subnet, in their order. Every batch is loaded once for all subnets. Nothing
// in the supernet changes. `after_batch` is called with the number of batches
// done. Errors as SequentialLoader::BatchAt(), Supernet::Prepare() and
// MetricsAccumulator::Add().
absl::StatusOr<std::vector<Metrics>> EvaluateSubnets(
    std::span<const SubnetConfig> subnets, Domain domain,
    const SequentialLoader& loader, Supernet& supernet,
    absl::FunctionRef<void(int64_t)> after_batch);

}  // namespace rtfq

#endif  // RTFQ_EVAL_EVALUATOR_H_
