// How fast a training step is.
#ifndef RTFQ_TOOLS_BENCHMARK_STEP_H_
#define RTFQ_TOOLS_BENCHMARK_STEP_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/profiler.h"
#include "rtfq/tools/benchmark_network.h"

namespace rtfq {

// Runs the step of `network`'s subnets on random images: student on both
// domains, teacher on the largest and the intermediate subnets, update, average
// (paper, section III). The first subnet has the largest's role, the last the
// smallest's. Returns one JSON object in one line:
//   pairs_per_s  source and target images together, of the median step
//   precision    as a run would have it here
//   conv_share   time in convolutions (packing included) / time of the steps,
//                from the profiler; its entries are those of the last step
//   conv_gmac_per_s  multiply-adds of the convolutions / their time
//   warm_plans, warm_system_bytes  made and taken from the system by measured
//                steps; a warm step makes and takes none
// kInvalidArgument when the first subnet is not the largest of the space.
absl::StatusOr<std::string> BenchmarkStep(BenchmarkNetwork& network,
                                          Profiler& profiler);

// The same for forward passes in inference, one object with a list.
absl::StatusOr<std::string> BenchmarkForward(BenchmarkNetwork& network,
                                             Profiler& profiler);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_BENCHMARK_STEP_H_
