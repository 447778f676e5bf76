#include "rtfq/eval/evaluator.h"

#include "rtfq/core/status_macros.h"
#include "rtfq/ops/images_at.h"

namespace rtfq {

absl::StatusOr<std::vector<Metrics>> EvaluateSubnets(
    std::span<const SubnetConfig> subnets, Domain domain,
    const SequentialLoader& loader, Supernet& supernet,
    absl::FunctionRef<void(int64_t)> after_batch) {
  std::vector<MetricsAccumulator> accumulators(
      subnets.size(), MetricsAccumulator(supernet.spec().num_classes));
  for (int64_t i = 0; i < loader.num_batches(); ++i) {
    RTFQ_ASSIGN_OR_RETURN(const ImageBatch batch, loader.BatchAt(i));
    ops::ImagesAt images(supernet.engine().threads(), batch.images);
    for (size_t s = 0; s < subnets.size(); ++s) {
      RTFQ_RETURN_IF_ERROR(
          supernet.Prepare(subnets[s], batch.images.shape()[0]));
      Supernet::Saved saved;
      const Tensor logits = supernet.Forward(
          images.Resolution(subnets[s].resolution),
          {.subnet = subnets[s], .domain = domain, .mode = Mode::kInference},
          saved);
      RTFQ_RETURN_IF_ERROR(Annotate(accumulators[s].Add(logits, batch.labels),
                                    subnets[s].ToString()));
    }
    after_batch(i + 1);
  }
  std::vector<Metrics> results;
  for (const MetricsAccumulator& accumulator : accumulators) {
    results.push_back(accumulator.Result());
  }
  return results;
}

}  // namespace rtfq
