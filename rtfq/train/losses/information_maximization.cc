#include "rtfq/train/losses/information_maximization.h"

#include <cmath>
#include <span>
#include <vector>

#include "rtfq/ops/softmax.h"
#include "rtfq/train/losses/rows.h"

namespace rtfq {
namespace {

double Entropy(std::span<const double> p) {
  double entropy = 0;
  for (const double v : p) entropy -= v * std::log(v + kEntropyEpsilon);
  return entropy;
}

// d(H) / d(p[k]) at p[k] = v.
double EntropySlope(double v) {
  return -std::log(v + kEntropyEpsilon) - v / (v + kEntropyEpsilon);
}

}  // namespace

LossAndGradient InformationMaximization(View<const float> logits) {
  const Rows<const float> rows(logits);
  const int64_t classes = rows.columns;
  const double weight = 1 / static_cast<double>(rows.count);
  std::vector<double> p(logits.count());
  std::vector<double> mean(classes, 0.0);
  LossAndGradient result;
  for (int64_t n = 0; n < rows.count; ++n) {
    const std::span<double> row(p.data() + n * classes,
                                static_cast<size_t>(classes));
    ops::Softmax(rows[n], 1.0, row);
    result.loss += weight * Entropy(row);
    for (int64_t k = 0; k < classes; ++k) mean[k] += weight * row[k];
  }
  result.loss -= Entropy(mean);

  // With g = d(loss)/d(p): d(loss)/d(z[k]) = p[k] * (g[k] - sum over j of
  // p[j] * g[j]).
  result.dlogits = Tensor::Uninitialized(logits.shape());
  std::vector<double> g(classes);
  for (int64_t n = 0; n < rows.count; ++n) {
    const double* row = p.data() + n * classes;
    double inner = 0;
    for (int64_t k = 0; k < classes; ++k) {
      g[k] = weight * (EntropySlope(row[k]) - EntropySlope(mean[k]));
      inner += row[k] * g[k];
    }
    for (int64_t k = 0; k < classes; ++k) {
      result.dlogits.data()[n * classes + k] =
          static_cast<float>(row[k] * (g[k] - inner));
    }
  }
  return result;
}

}  // namespace rtfq
