// Quantiles of measured times.
#ifndef RTFQ_SERVE_LATENCY_STATISTICS_H_
#define RTFQ_SERVE_LATENCY_STATISTICS_H_

#include <vector>

#include "rtfq/serve/device.pb.h"

namespace rtfq {

// The smallest sample that at least `fraction` of all samples do not exceed
// (nearest rank); `sorted` ascending and not empty, 0 < fraction <= 1.
double Quantile(const std::vector<double>& sorted, double fraction);

// Fills everything but subnet, threads and batch. `seconds` is not empty.
LatencyRow Summarize(std::vector<double> seconds);

// True where a tenth of the samples took more than 1.3 times the median: other
// work on the machine, or a changing clock.
bool IsNoisy(const LatencyRow& row);

}  // namespace rtfq

#endif  // RTFQ_SERVE_LATENCY_STATISTICS_H_
