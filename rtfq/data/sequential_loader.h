// Evaluation batches of one domain, in order.
#ifndef RTFQ_DATA_SEQUENTIAL_LOADER_H_
#define RTFQ_DATA_SEQUENTIAL_LOADER_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "rtfq/core/parallel.h"
#include "rtfq/data/bad_images.h"
#include "rtfq/data/batch.h"
#include "rtfq/data/dataset.h"
#include "rtfq/data/image_cache.h"
#include "rtfq/data/transforms.h"

namespace rtfq {

// The dataset's images with TestTransform and their labels. Resized images are
// kept in memory (1 GiB unless said otherwise), since 48 subnets read them.
class SequentialLoader {
 public:
  // kInvalidArgument for options out of range, a batch size below 1 or above
  // 65536, no images. With kSkip images that cannot be decoded are dropped
  // here, at the price of decoding all once. `threads` must outlive the loader.
  static absl::StatusOr<std::unique_ptr<SequentialLoader>> Create(
      const DomainDataset& dataset, const TransformOptions& options,
      int batch_size, const ThreadPool& threads,
      BadImagePolicy on_bad_image = BadImagePolicy::kFail,
      int64_t cache_mib = 1024, const DecodeLimits& limits = {});

  // Without dropped images.
  const DomainDataset& dataset() const { return dataset_; }
  // What kSkip dropped; empty for kFail.
  const BadImageReport& skipped() const { return skipped_; }
  int64_t num_batches() const;

  // Images index*batch_size and on, decoded in parallel; the last batch may be
  // short. 0 <= index < num_batches(). Fails, naming the first image of the
  // batch that cannot be read. Thread-safe.
  absl::StatusOr<ImageBatch> BatchAt(int64_t index) const;

 private:
  SequentialLoader(DomainDataset dataset, const TransformOptions& options,
                   int batch_size, const ThreadPool& threads,
                   BadImageReport skipped, int64_t cache_mib,
                   const DecodeLimits& limits);

  const DomainDataset dataset_;
  const TransformOptions options_;
  const int64_t batch_size_;
  const ThreadPool& threads_;
  const BadImageReport skipped_;
  const std::unique_ptr<ImageCache> cache_;
};

}  // namespace rtfq

#endif  // RTFQ_DATA_SEQUENTIAL_LOADER_H_
