// How good a classifier's answers are, with and without labels.
#ifndef RTFQ_EVAL_METRICS_H_
#define RTFQ_EVAL_METRICS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "rtfq/core/tensor.h"

namespace rtfq {

// Ends of a confidence interval, fractions in [0, 1].
struct Interval {
  double low = 0;
  double high = 0;
};

// Wilson's score interval (1927) at 95 % for `correct` of `total` >= 1 answers:
// unlike the normal one it stays inside [0, 1] and is honest near its ends.
Interval WilsonInterval(int64_t correct, int64_t total);

// A matrix of more classes nobody reads, and it grows with their square.
inline constexpr int64_t kMaxConfusionClasses = 1024;

struct Metrics {
  int64_t num_classes = 0;
  int64_t images = 0;    // all
  int64_t labelled = 0;  // those with a label; the accuracies are over these
  int64_t correct = 0;

  // The following are absent without a single labelled image.
  std::optional<double> accuracy;  // a fraction
  std::optional<Interval> interval;
  // Of each class that has an image; and the mean over those classes.
  std::vector<std::optional<double>> per_class;
  std::optional<double> mean_per_class;

  // confusion[truth * num_classes + prediction], counts; empty with more than
  // kMaxConfusionClasses classes.
  std::vector<int64_t> confusion;

  // -(mean_n H(p_n) - H(mean_n p_n)), p = softmax of the logits, H(p) =
  // -sum p log(p + 1e-5): high when answers are certain one by one and diverse
  // together. Needs no label; absent without images. Natural logarithm.
  std::optional<double> im_score;
};

// Gathers metrics batch by batch. Not thread-safe; the order of batches does
// not change counts, and im_score only in its last bits.
class MetricsAccumulator {
 public:
  explicit MetricsAccumulator(int64_t num_classes);  // >= 1

  // logits [N,classes] and N labels, -1 where unknown. The prediction is the
  // largest logit, the first of equals. kInvalidArgument naming the image (its
  // number among all added) for a label outside -1..classes-1 or a logit that
  // is not finite; then nothing was added.
  absl::Status Add(View<const float> logits, std::span<const int64_t> labels);

  Metrics Result() const;

 private:
  int64_t num_classes_;
  int64_t images_ = 0;
  double entropy_sum_ = 0;               // of H(p_n)
  std::vector<double> probability_sum_;  // of p_n
  std::vector<int64_t> class_images_;    // labelled ones
  std::vector<int64_t> class_correct_;
  std::vector<int64_t> confusion_;
};

}  // namespace rtfq

#endif  // RTFQ_EVAL_METRICS_H_
