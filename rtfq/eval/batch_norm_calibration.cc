#include "rtfq/eval/batch_norm_calibration.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/images_at.h"

namespace rtfq {

DomainDataset Shuffled(const DomainDataset& dataset, Rng rng) {
  DomainDataset shuffled = dataset;
  const std::vector<int64_t> order =
      rng.Permutation(static_cast<int64_t>(dataset.images.size()));
  for (size_t i = 0; i < order.size(); ++i) {
    shuffled.images[i] = dataset.images[static_cast<size_t>(order[i])];
  }
  return shuffled;
}

absl::Status CalibrateBatchNorm(std::span<const SubnetConfig> subnets,
                                Domain domain, const SequentialLoader& loader,
                                int64_t max_batches, Supernet& supernet,
                                absl::FunctionRef<void(int64_t)> after_batch) {
  if (loader.num_batches() == 0 || max_batches < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch-norm calibration of ", loader.dataset().name, ": ",
                     loader.num_batches(), " batches at hand, at most ",
                     max_batches, " wanted; want at least 1 of each"));
  }
  const int64_t batches = std::min(loader.num_batches(), max_batches);
  int64_t full_size = 0;
  // By bank: where a switch is off several subnets of a batch have the same
  // one, and their statistics count alike.
  std::vector<int64_t> passes(supernet.switches().num_keys());
  for (int64_t i = 0; i < batches; ++i) {
    RTFQ_ASSIGN_OR_RETURN(const ImageBatch batch, loader.BatchAt(i));
    const int64_t size = batch.images.shape()[0];
    if (i == 0) full_size = size;
    if (size < full_size) break;
    ops::ImagesAt images(supernet.engine().threads(), batch.images);
    for (const SubnetConfig& subnet : subnets) {
      RTFQ_RETURN_IF_ERROR(supernet.Prepare(subnet, size));
      Supernet::Saved saved;
      supernet.Forward(
          images.Resolution(subnet.resolution),
          {.subnet = subnet,
           .domain = domain,
           .mode = Mode::kCalibration,
           .calibration_batch = passes[supernet.switches().KeyOf(subnet)]++},
          saved);
      if (saved.non_finite) {
        return absl::OutOfRangeError(
            absl::StrCat(subnet.ToString(), ", ", saved.non_finite->layer,
                         ": batch statistics are ", saved.non_finite->value));
      }
    }
    after_batch(i + 1);
  }
  return absl::OkStatus();
}

}  // namespace rtfq
