#include "rtfq/eval/metrics.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

// The log's guard against p = 0, as in the loss of the same name.
constexpr double kLogGuard = 1e-5;

double Entropy(std::span<const double> p) {
  double entropy = 0;
  for (const double value : p) entropy -= value * std::log(value + kLogGuard);
  return entropy;
}

void Softmax(std::span<const float> logits, std::span<double> p) {
  const double max = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (size_t k = 0; k < logits.size(); ++k) {
    p[k] = std::exp(static_cast<double>(logits[k]) - max);
    sum += p[k];
  }
  for (double& value : p) value /= sum;
}

absl::Status CheckBatch(std::span<const float> logits,
                        std::span<const int64_t> labels, int64_t num_classes,
                        int64_t first_image) {
  for (size_t n = 0; n < labels.size(); ++n) {
    const int64_t image = first_image + static_cast<int64_t>(n);
    if (labels[n] < -1 || labels[n] >= num_classes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "image ", image, ": label ", labels[n], " is outside 0..",
          num_classes - 1, " (-1 where unknown)"));
    }
    for (int64_t k = 0; k < num_classes; ++k) {
      const float logit = logits[n * num_classes + k];
      if (!std::isfinite(logit)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "image ", image, ": the logit of class ", k, " is ", logit));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

Interval WilsonInterval(int64_t correct, int64_t total) {
  RTFQ_CHECK(total >= 1 && correct >= 0 && correct <= total);
  constexpr double kZ = 1.959963984540054;  // 97.5 % of a normal lie below
  const double n = static_cast<double>(total);
  const double p = static_cast<double>(correct) / n;
  const double shrink = 1 / (1 + kZ * kZ / n);
  const double center = shrink * (p + kZ * kZ / (2 * n));
  const double half =
      shrink * kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  // Both ends are reached exactly; the formula misses them by rounding.
  return {correct == 0 ? 0 : std::max(0.0, center - half),
          correct == total ? 1 : std::min(1.0, center + half)};
}

MetricsAccumulator::MetricsAccumulator(int64_t num_classes)
    : num_classes_(num_classes) {
  RTFQ_CHECK(num_classes >= 1);
  probability_sum_.assign(num_classes, 0);
  class_images_.assign(num_classes, 0);
  class_correct_.assign(num_classes, 0);
  if (num_classes <= kMaxConfusionClasses) {
    confusion_.assign(num_classes * num_classes, 0);
  }
}

absl::Status MetricsAccumulator::Add(View<const float> logits,
                                     std::span<const int64_t> labels) {
  RTFQ_CHECK(logits.shape().rank() == 2 && logits.shape()[1] == num_classes_);
  RTFQ_CHECK(logits.shape()[0] == static_cast<int64_t>(labels.size()));
  const std::span<const float> values = logits.span();
  RTFQ_RETURN_IF_ERROR(CheckBatch(values, labels, num_classes_, images_));

  std::vector<double> p(num_classes_);
  for (size_t n = 0; n < labels.size(); ++n) {
    const std::span<const float> row =
        values.subspan(n * num_classes_, num_classes_);
    Softmax(row, p);
    entropy_sum_ += Entropy(p);
    for (int64_t k = 0; k < num_classes_; ++k) probability_sum_[k] += p[k];
    if (labels[n] < 0) continue;
    const int64_t prediction =
        std::max_element(row.begin(), row.end()) - row.begin();
    ++class_images_[labels[n]];
    class_correct_[labels[n]] += prediction == labels[n] ? 1 : 0;
    if (!confusion_.empty()) {
      ++confusion_[labels[n] * num_classes_ + prediction];
    }
  }
  images_ += static_cast<int64_t>(labels.size());
  return absl::OkStatus();
}

Metrics MetricsAccumulator::Result() const {
  Metrics metrics;
  metrics.num_classes = num_classes_;
  metrics.images = images_;
  metrics.confusion = confusion_;
  metrics.per_class.resize(num_classes_);
  double class_sum = 0;
  int64_t classes = 0;
  for (int64_t k = 0; k < num_classes_; ++k) {
    metrics.labelled += class_images_[k];
    metrics.correct += class_correct_[k];
    if (class_images_[k] == 0) continue;
    metrics.per_class[k] = static_cast<double>(class_correct_[k]) /
                           static_cast<double>(class_images_[k]);
    class_sum += *metrics.per_class[k];
    ++classes;
  }
  if (metrics.labelled > 0) {
    metrics.accuracy = static_cast<double>(metrics.correct) /
                       static_cast<double>(metrics.labelled);
    metrics.interval = WilsonInterval(metrics.correct, metrics.labelled);
    metrics.mean_per_class = class_sum / static_cast<double>(classes);
  }
  if (images_ > 0) {
    std::vector<double> mean = probability_sum_;
    for (double& value : mean) value /= static_cast<double>(images_);
    metrics.im_score =
        Entropy(mean) - entropy_sum_ / static_cast<double>(images_);
  }
  return metrics;
}

}  // namespace rtfq
