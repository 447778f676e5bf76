// How fast each convolution of a network is.
#ifndef RTFQ_TOOLS_BENCHMARK_OPS_H_
#define RTFQ_TOOLS_BENCHMARK_OPS_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/tools/benchmark_network.h"

namespace rtfq {

// Measures, by Google Benchmark, every distinct convolution of each of
// `network`'s subnets at its batch: forward, gradient by the data, gradient by
// the weights, of codes and gradients in the network's precision; all with the
// data at hand, so without what stands between convolutions. Prints a line for
// each while it goes on, `steps` is the least number of repetitions. Returns
// one JSON object in one line: for each subnet and work the sum over all its
// convolutions,
//   ms          of one pass over the batch
//   gmac_per_s  multiply-adds / that time
// Errors as the plans' Create().
absl::StatusOr<std::string> BenchmarkOps(const BenchmarkNetwork& network);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_BENCHMARK_OPS_H_
