#include "rtfq/serve/latency_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rtfq/core/check.h"

namespace rtfq {

double Quantile(const std::vector<double>& sorted, double fraction) {
  RTFQ_CHECK(!sorted.empty() && fraction > 0 && fraction <= 1);
  const auto size = static_cast<double>(sorted.size());
  // 0.9 * 10 is a little more than 9 in binary.
  const auto rank = static_cast<size_t>(std::ceil(fraction * size - 1e-9));
  return sorted[std::max<size_t>(rank, 1) - 1];
}

LatencyRow Summarize(std::vector<double> seconds) {
  RTFQ_CHECK(!seconds.empty());
  std::sort(seconds.begin(), seconds.end());
  const auto count = static_cast<double>(seconds.size());
  const double mean =
      std::accumulate(seconds.begin(), seconds.end(), 0.0) / count;
  double squares = 0;
  for (const double s : seconds) squares += (s - mean) * (s - mean);
  LatencyRow row;
  row.set_samples(static_cast<int32_t>(seconds.size()));
  row.set_mean_ms(mean * 1e3);
  row.set_deviation_ms(count > 1 ? std::sqrt(squares / (count - 1)) * 1e3
                                 : 0.0);
  row.set_min_ms(seconds.front() * 1e3);
  row.set_p50_ms(Quantile(seconds, 0.50) * 1e3);
  row.set_p90_ms(Quantile(seconds, 0.90) * 1e3);
  row.set_p95_ms(Quantile(seconds, 0.95) * 1e3);
  row.set_p99_ms(Quantile(seconds, 0.99) * 1e3);
  return row;
}

bool IsNoisy(const LatencyRow& row) {
  return row.p90_ms() > 1.3 * row.p50_ms();
}

}  // namespace rtfq
