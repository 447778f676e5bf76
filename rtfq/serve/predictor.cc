#include "rtfq/serve/predictor.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "rtfq/core/status_macros.h"

namespace rtfq {

absl::StatusOr<std::unique_ptr<Predictor>> Predictor::Create(
    const Engine& engine, std::shared_ptr<const Bundle> bundle) {
  const BundlePreprocessing& p = bundle->header().preprocessing();
  TransformOptions transform;
  transform.resize = p.resize();
  transform.crop = p.crop();
  for (int i = 0; i < 3; ++i) {
    transform.mean[i] = p.mean(i);
    transform.std[i] = p.std(i);
  }
  RTFQ_RETURN_IF_ERROR(Annotate(Validate(transform), bundle->path()));
  return std::unique_ptr<Predictor>(
      new Predictor(engine, std::move(bundle), transform));
}

absl::StatusOr<std::shared_ptr<const Int8Graph>> Predictor::Graph(
    const std::string& subnet, int64_t batch) {
  const std::pair<std::string, int64_t> key = {subnet, batch};
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = graphs_.find(key);
    if (found != graphs_.end()) return found->second;
  }
  // Without the lock: who has a graph already need not wait for this one.
  RTFQ_ASSIGN_OR_RETURN(std::unique_ptr<const Int8Graph> made,
                        Int8Graph::Create(engine_, bundle_, subnet, batch));
  const std::lock_guard<std::mutex> lock(mutex_);
  // Another thread's, where it was faster.
  return graphs_.try_emplace(key, std::move(made)).first->second;
}

absl::StatusOr<Tensor> Predictor::Logits(const std::string& subnet,
                                         const std::vector<RgbImage>& images) {
  const auto count = static_cast<int64_t>(images.size());
  RTFQ_ASSIGN_OR_RETURN(const std::shared_ptr<const Int8Graph> graph,
                        Graph(subnet, count));
  const int64_t side = transform_.crop;
  Tensor batch = Tensor::Uninitialized({count, side, side, 3});
  engine_.threads().For(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      TestTransform(
          images[n], transform_,
          View<float>(batch.data() + n * side * side * 3, {side, side, 3}));
    }
  });
  return graph->Forward(batch);
}

std::vector<Prediction> Predictor::Top(const Tensor& logits, int64_t n,
                                       int64_t count) const {
  const int64_t classes = logits.shape()[1];
  const auto row = logits.span().subspan(n * classes, classes);
  const double highest = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (const float logit : row) sum += std::exp(logit - highest);
  std::vector<int64_t> order(classes);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return row[a] > row[b]; });
  std::vector<Prediction> top;
  for (int64_t i = 0; i < std::min(count, classes); ++i) {
    const int64_t label = order[i];
    top.push_back({bundle_->header().class_names(static_cast<int>(label)),
                   label, std::exp(row[label] - highest) / sum});
  }
  return top;
}

}  // namespace rtfq
