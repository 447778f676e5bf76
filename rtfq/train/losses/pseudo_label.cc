#include "rtfq/train/losses/pseudo_label.h"

#include <algorithm>

#include "rtfq/ops/softmax.h"
#include "rtfq/train/losses/rows.h"

namespace rtfq {

PseudoLabelResult PseudoLabel(View<const float> logits, double threshold,
                              double smoothing) {
  const Rows<const float> rows(logits);
  const double weight = 1 / static_cast<double>(rows.count);
  PseudoLabelResult result;
  result.dlogits = Tensor::Zeros(logits.shape());
  const Rows<float> gradient(result.dlogits.view());
  std::vector<double> p(rows.columns);
  for (int64_t n = 0; n < rows.count; ++n) {
    ops::Softmax(rows[n], 1.0, p);
    const auto best = std::max_element(p.begin(), p.end());
    const int64_t label = best - p.begin();
    // Not ">=": a NaN must reach the loss.
    const bool confident = !(*best < threshold);
    result.labels.push_back(label);
    result.mask.push_back(confident ? 1 : 0);
    if (!confident) continue;
    result.loss += weight * SmoothedCrossEntropyRow(rows[n], label, smoothing,
                                                    weight, gradient[n]);
  }
  return result;
}

}  // namespace rtfq
