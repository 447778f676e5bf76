#include "rtfq/data/paired_loader.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

// An item a slot: the source's slots, then the target's.
int64_t CountItems(const PairedBatch& batch) {
  return static_cast<int64_t>(batch.source.indices.size() +
                              batch.target.indices.size());
}

absl::Status ValidateOptions(const LoaderOptions& options) {
  if (options.images_per_domain < 1 || options.images_per_domain > 65536) {
    return absl::InvalidArgumentError(absl::StrCat("images_per_domain is ",
                                                   options.images_per_domain,
                                                   "; it must be 1 to 65536"));
  }
  if (options.cache_mib < 0 || options.cache_mib > (int64_t{1} << 30)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cache_mib is ", options.cache_mib, "; it must be 0 or more"));
  }
  if (options.batches_ahead < 0 || options.batches_ahead > 64) {
    return absl::InvalidArgumentError(absl::StrCat(
        "batches_ahead is ", options.batches_ahead, "; it must be 0 to 64"));
  }
  return Validate(options.transform);
}

absl::Status ValidateDomains(const DomainDataset& source,
                             const DomainDataset& target) {
  for (const DomainDataset* domain : {&source, &target}) {
    if (domain->images.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(domain->name, ": no usable image"));
    }
  }
  if (!source.has_labels()) {
    return absl::InvalidArgumentError(absl::StrCat(
        source.name, ": the source domain needs a label for every image"));
  }
  return absl::OkStatus();
}

std::vector<ImageRecord> Concatenate(const DomainDataset& source,
                                     const DomainDataset& target) {
  std::vector<ImageRecord> images = source.images;
  images.insert(images.end(), target.images.begin(), target.images.end());
  return images;
}

int64_t CountImages(const DomainDataset& domain) {
  return static_cast<int64_t>(domain.images.size());
}

}  // namespace

// A batch in the making. Items are begun in order, by whoever is free.
struct PairedLoader::Job {
  int64_t step = 0;
  PairedBatch batch;
  // Guarded by mutex_.
  int64_t begun = 0;
  int64_t finished = 0;
  int64_t failed_item = -1;  // the first; by position, not by time
  absl::Status error;

  bool complete() const { return finished == CountItems(batch); }
};

absl::StatusOr<std::unique_ptr<PairedLoader>> PairedLoader::Create(
    const LoaderOptions& options, const DomainDataset& source,
    const DomainDataset& target, const ThreadPool& threads) {
  RTFQ_RETURN_IF_ERROR(ValidateOptions(options));
  DomainDataset domains[2] = {source, target};
  BadImageReport skipped[2];
  if (options.on_bad_image == BadImagePolicy::kSkip) {
    for (int d = 0; d < 2; ++d) {
      skipped[d] = CheckImages(domains[d], options.limits, threads);
      domains[d] = RemoveBad(domains[d], skipped[d]);
    }
  }
  RTFQ_RETURN_IF_ERROR(ValidateDomains(domains[0], domains[1]));
  std::unique_ptr<PairedLoader> loader(new PairedLoader(
      options, std::move(domains[0]), std::move(domains[1]), threads));
  for (int d = 0; d < 2; ++d) loader->skipped_[d] = std::move(skipped[d]);
  return loader;
}

PairedLoader::PairedLoader(const LoaderOptions& options, DomainDataset source,
                           DomainDataset target, const ThreadPool& threads)
    : options_(options),
      threads_(threads),
      domains_{std::move(source), std::move(target)},
      order_{EpochOrder(Rng(options.seed).Stream("order").Stream(0),
                        CountImages(domains_[0])),
             EpochOrder(Rng(options.seed).Stream("order").Stream(1),
                        CountImages(domains_[1]))},
      augment_{Rng(options.seed).Stream("augment").Stream(0),
               Rng(options.seed).Stream("augment").Stream(1)},
      cache_(Concatenate(domains_[0], domains_[1]), options.transform,
             options.limits, options.cache_mib << 20) {
  if (options.batches_ahead == 0) return;
  const int num_workers = std::max(1, threads.num_threads() / 2);
  for (int i = 0; i < num_workers; ++i) {
    workers_.emplace_back([this] { Work(); });
  }
}

PairedLoader::~PairedLoader() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

ImageBatch PairedLoader::PlanBatch(int domain, int64_t step) {
  const int64_t count = options_.images_per_domain;
  const int64_t side = options_.transform.crop;
  ImageBatch batch;
  batch.images = Tensor::Uninitialized({count, side, side, 3});
  for (int64_t slot = 0; slot < count; ++slot) {
    const int64_t index = order_[domain].At(step * count + slot);
    batch.indices.push_back(index);
    batch.labels.push_back(domain == 0 ? domains_[0].images[index].label : -1);
  }
  return batch;
}

std::shared_ptr<PairedLoader::Job> PairedLoader::FindOrPlan(int64_t step) {
  auto it = std::find_if(jobs_.begin(), jobs_.end(),
                         [&](const auto& job) { return job->step >= step; });
  if (it != jobs_.end() && (*it)->step == step) return *it;
  auto job = std::make_shared<Job>();
  job->step = step;
  job->batch = {PlanBatch(0, step), PlanBatch(1, step)};
  return *jobs_.insert(it, std::move(job));
}

// Drops what will not be wanted soon; threads at it finish their image only.
void PairedLoader::PlanAhead(int64_t step) {
  const int64_t last = step + options_.batches_ahead;
  std::erase_if(jobs_, [&](const auto& job) {
    return job->step < step || job->step > last;
  });
  for (int64_t next = step + 1; next <= last; ++next) FindOrPlan(next);
}

absl::StatusOr<PairedBatch> PairedLoader::BatchAt(int64_t step) {
  RTFQ_CHECK(step >= 0);
  std::unique_lock<std::mutex> lock(mutex_);
  const std::shared_ptr<Job> job = FindOrPlan(step);
  PlanAhead(step);
  work_.notify_all();
  if (!job->complete()) {
    ++stalls_;
    lock.unlock();
    threads_.For(threads_.num_threads(), 1, [&](int64_t, int64_t) {
      while (RunItem(*job)) {
      }
    });
    lock.lock();
    done_.wait(lock, [&] { return job->complete(); });
  }
  jobs_.pop_front();  // PlanAhead left this step first
  if (!job->error.ok()) return job->error;
  return std::move(job->batch);
}

bool PairedLoader::RunItem(Job& job) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (job.begun == CountItems(job.batch)) return false;
  const int64_t item = job.begun++;
  lock.unlock();
  LoadItem(job, item);
  return true;
}

void PairedLoader::LoadItem(Job& job, int64_t item) {
  const int64_t count = options_.images_per_domain;
  const int64_t side = options_.transform.crop;
  const int domain = item < count ? 0 : 1;
  const int64_t slot = item - domain * count;
  ImageBatch& batch = domain == 0 ? job.batch.source : job.batch.target;
  const int64_t index =
      batch.indices[slot] + (domain == 0 ? 0 : CountImages(domains_[0]));
  const auto image = cache_.Get(index);
  if (image.ok()) {
    float* const out = batch.images.data() + slot * side * side * 3;
    TrainTransform(
        **image, options_.transform,
        augment_[domain].Stream(static_cast<uint64_t>(job.step * count + slot)),
        View<float>(out, {side, side, 3}));
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!image.ok() && (job.failed_item < 0 || item < job.failed_item)) {
    job.failed_item = item;
    job.error = image.status();
  }
  ++job.finished;
  if (job.complete()) done_.notify_all();
}

void PairedLoader::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    std::shared_ptr<Job> job;
    work_.wait(lock, [&] {
      for (const auto& candidate : jobs_) {
        if (candidate->begun < CountItems(candidate->batch)) {
          job = candidate;
          return true;
        }
      }
      return stopping_;
    });
    if (stopping_) return;
    const int64_t item = job->begun++;
    lock.unlock();
    LoadItem(*job, item);
    lock.lock();
  }
}

}  // namespace rtfq
