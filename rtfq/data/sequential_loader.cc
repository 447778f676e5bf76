#include "rtfq/data/sequential_loader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {

absl::StatusOr<std::unique_ptr<SequentialLoader>> SequentialLoader::Create(
    const DomainDataset& dataset, const TransformOptions& options,
    int batch_size, const ThreadPool& threads, BadImagePolicy on_bad_image,
    int64_t cache_mib, const DecodeLimits& limits) {
  RTFQ_RETURN_IF_ERROR(Validate(options));
  if (batch_size < 1 || batch_size > 65536) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the batch size is ", batch_size, "; it must be 1 to 65536"));
  }
  if (cache_mib < 0 || cache_mib > (int64_t{1} << 30)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cache_mib is ", cache_mib, "; it must be 0 or more"));
  }
  BadImageReport skipped;
  if (on_bad_image == BadImagePolicy::kSkip) {
    skipped = CheckImages(dataset, limits, threads);
  }
  DomainDataset good = RemoveBad(dataset, skipped);
  if (good.images.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(dataset.name, ": no usable image"));
  }
  return std::unique_ptr<SequentialLoader>(
      new SequentialLoader(std::move(good), options, batch_size, threads,
                           std::move(skipped), cache_mib, limits));
}

SequentialLoader::SequentialLoader(DomainDataset dataset,
                                   const TransformOptions& options,
                                   int batch_size, const ThreadPool& threads,
                                   BadImageReport skipped, int64_t cache_mib,
                                   const DecodeLimits& limits)
    : dataset_(std::move(dataset)),
      options_(options),
      batch_size_(batch_size),
      threads_(threads),
      skipped_(std::move(skipped)),
      cache_(std::make_unique<ImageCache>(dataset_.images, options, limits,
                                          cache_mib << 20)) {}

int64_t SequentialLoader::num_batches() const {
  const int64_t count = static_cast<int64_t>(dataset_.images.size());
  return (count + batch_size_ - 1) / batch_size_;
}

absl::StatusOr<ImageBatch> SequentialLoader::BatchAt(int64_t index) const {
  RTFQ_CHECK(index >= 0 && index < num_batches());
  const int64_t first = index * batch_size_;
  const int64_t count = std::min(
      batch_size_, static_cast<int64_t>(dataset_.images.size()) - first);
  const int64_t side = options_.crop;
  ImageBatch batch;
  batch.images = Tensor::Uninitialized({count, side, side, 3});
  std::vector<absl::Status> errors(static_cast<size_t>(count));
  threads_.For(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto image = cache_->Get(first + i);
      errors[i] = image.status();
      if (!image.ok()) continue;
      float* const out = batch.images.data() + i * side * side * 3;
      TestTransform(**image, options_, View<float>(out, {side, side, 3}));
    }
  });
  for (int64_t i = 0; i < count; ++i) {
    RTFQ_RETURN_IF_ERROR(errors[i]);
    batch.indices.push_back(first + i);
    batch.labels.push_back(dataset_.images[first + i].label);
  }
  return batch;
}

}  // namespace rtfq
