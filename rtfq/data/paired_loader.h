// Training batches of both domains, decoded ahead.
#ifndef RTFQ_DATA_PAIRED_LOADER_H_
#define RTFQ_DATA_PAIRED_LOADER_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/random.h"
#include "rtfq/data/bad_images.h"
#include "rtfq/data/batch.h"
#include "rtfq/data/dataset.h"
#include "rtfq/data/epoch_order.h"
#include "rtfq/data/image_cache.h"
#include "rtfq/data/image_decoder.h"
#include "rtfq/data/transforms.h"

namespace rtfq {

struct LoaderOptions {
  int images_per_domain = 128;  // per step; 1..65536
  uint64_t seed = 0;
  TransformOptions transform;
  int64_t cache_mib = 2048;  // for resized images of both domains together
  int batches_ahead = 2;     // 0..64; memory is that many batches and one more
  BadImagePolicy on_bad_image = BadImagePolicy::kFail;
  DecodeLimits limits;
};

// Source images with labels and target images without, a batch of each a step.
//
//   order     = Rng(seed).Stream("order").Stream(domain)
//   augment   = Rng(seed).Stream("augment").Stream(domain)
//   position  = step * images_per_domain + slot
//   slot      : TrainTransform(image EpochOrder(order).At(position),
//                              augment.Stream(position))
//
// with domain 0 for source and 1 for target. So a step's batch is a function of
// the datasets, the options that describe learning, and the step: the same
// bytes in any order of steps, with any number of threads, ahead or cache,
// after a resume. A domain with fewer images than a batch begins anew within
// it.
//
// Its own threads (half as many as `threads`, at least one) prepare the steps
// after the one asked for last; who has to wait helps with `threads`.
class PairedLoader {
 public:
  // kInvalidArgument when options are out of range, a domain has no images, the
  // source lacks labels. With kSkip every image is decoded once here, and those
  // that cannot be are dropped; an image that goes bad later is an error still.
  // `threads` must outlive the loader.
  static absl::StatusOr<std::unique_ptr<PairedLoader>> Create(
      const LoaderOptions& options, const DomainDataset& source,
      const DomainDataset& target, const ThreadPool& threads);
  ~PairedLoader();
  PairedLoader(const PairedLoader&) = delete;
  PairedLoader& operator=(const PairedLoader&) = delete;

  // The batch of `step` (>= 0). Fails, naming the first image of the batch that
  // could not be read. Indices are into source() and target(). One caller at a
  // time.
  absl::StatusOr<PairedBatch> BatchAt(int64_t step);

  // The datasets as used, without dropped images.
  const DomainDataset& source() const { return domains_[0]; }
  const DomainDataset& target() const { return domains_[1]; }
  // What kSkip dropped; empty for kFail.
  const BadImageReport& skipped_source() const { return skipped_[0]; }
  const BadImageReport& skipped_target() const { return skipped_[1]; }
  // How many calls of BatchAt found their batch unfinished.
  int64_t stalls() const { return stalls_; }

 private:
  struct Job;

  PairedLoader(const LoaderOptions& options, DomainDataset source,
               DomainDataset target, const ThreadPool& threads);
  ImageBatch PlanBatch(int domain, int64_t step);
  std::shared_ptr<Job> FindOrPlan(int64_t step);  // with mutex_ held
  void PlanAhead(int64_t step);                   // with mutex_ held
  bool RunItem(Job& job);  // false when none is left to begin
  void LoadItem(Job& job, int64_t item);
  void Work();

  const LoaderOptions options_;
  const ThreadPool& threads_;
  const DomainDataset domains_[2];
  BadImageReport skipped_[2];
  EpochOrder order_[2];
  const Rng augment_[2];
  ImageCache cache_;  // the source's images, then the target's
  int64_t stalls_ = 0;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<std::shared_ptr<Job>> jobs_;  // by step; guarded by mutex_
  bool stopping_ = false;                  // guarded by mutex_
  std::vector<std::thread> workers_;
};

}  // namespace rtfq

#endif  // RTFQ_DATA_PAIRED_LOADER_H_
