#include "rtfq/train/losses/cross_entropy.h"

#include <cmath>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/softmax.h"
#include "rtfq/train/losses/rows.h"

namespace rtfq {

double SmoothedCrossEntropyRow(std::span<const float> row, int64_t label,
                               double smoothing, double weight,
                               std::span<float> drow) {
  const int64_t classes = static_cast<int64_t>(row.size());
  RTFQ_CHECK(label >= 0 && label < classes);
  std::vector<double> log_p(row.size());
  ops::LogSoftmax(row, 1.0, log_p);
  double loss = 0;
  for (int64_t k = 0; k < classes; ++k) {
    const double target = (k == label ? 1 - smoothing : 0.0) +
                          smoothing / static_cast<double>(classes);
    // A class without probability costs nothing where it is no target.
    if (target > 0) loss -= target * log_p[k];
    drow[k] = static_cast<float>(weight * (std::exp(log_p[k]) - target));
  }
  return loss;
}

LossAndGradient CrossEntropy(View<const float> logits,
                             std::span<const int64_t> labels,
                             double smoothing) {
  const Rows<const float> rows(logits);
  RTFQ_CHECK(static_cast<int64_t>(labels.size()) == rows.count);
  RTFQ_CHECK(smoothing >= 0 && smoothing <= 1);
  LossAndGradient result;
  result.dlogits = Tensor::Uninitialized(logits.shape());
  const Rows<float> gradient(result.dlogits.view());
  const double weight = 1 / static_cast<double>(rows.count);
  for (int64_t n = 0; n < rows.count; ++n) {
    result.loss +=
        weight * SmoothedCrossEntropyRow(rows[n], labels[n], smoothing, weight,
                                         gradient[n]);
  }
  return result;
}

}  // namespace rtfq
