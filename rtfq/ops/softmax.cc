#include "rtfq/ops/softmax.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "rtfq/core/check.h"

namespace rtfq::ops {
namespace {

using RowFunction = void(std::span<const float>, double, std::span<double>);

void ForRows(RowFunction* function, View<const float> x, View<float> y) {
  RTFQ_CHECK(x.shape().rank() == 2 && x.shape() == y.shape());
  const size_t columns = static_cast<size_t>(x.shape()[1]);
  const std::span<const float> from = x.span();
  const std::span<float> to = y.span();
  std::vector<double> row(columns);
  for (size_t at = 0; at < from.size(); at += columns) {
    function(from.subspan(at, columns), 1.0, row);
    std::transform(row.begin(), row.end(), to.begin() + at,
                   [](double v) { return static_cast<float>(v); });
  }
}

}  // namespace

void LogSoftmax(std::span<const float> x, double temperature,
                std::span<double> y) {
  RTFQ_CHECK(!x.empty() && x.size() == y.size() && temperature > 0);
  const double max = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (size_t k = 0; k < x.size(); ++k) {
    y[k] = (x[k] - max) / temperature;
    sum += std::exp(y[k]);
  }
  const double log_sum = std::log(sum);
  for (double& v : y) v -= log_sum;
}

void Softmax(std::span<const float> x, double temperature,
             std::span<double> y) {
  LogSoftmax(x, temperature, y);
  for (double& v : y) v = std::exp(v);
}

void Softmax(View<const float> x, View<float> y) {
  ForRows([](std::span<const float> row, double temperature,
             std::span<double> out) { Softmax(row, temperature, out); },
          x, y);
}

void LogSoftmax(View<const float> x, View<float> y) {
  ForRows([](std::span<const float> row, double temperature,
             std::span<double> out) { LogSoftmax(row, temperature, out); },
          x, y);
}

}  // namespace rtfq::ops
