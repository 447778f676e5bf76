// How fast images become batches.
#ifndef RTFQ_TOOLS_BENCHMARK_DATA_H_
#define RTFQ_TOOLS_BENCHMARK_DATA_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace rtfq {

struct DataBenchmarkOptions {
  std::string root;            // holds the domain folders
  std::string source, target;  // their names
  int64_t batch = 32;          // images of each domain a step
  int64_t threads = 0;         // 0: all there are
  int64_t steps = 5;
};

// Makes the batches of a training with the default transforms (256 pixels, a
// random crop of 224, RandAugment), nothing else running, with nothing decoded
// ahead. Returns one JSON object in one line:
//   first_images_per_s  reading, decoding and resizing included
//   again_images_per_s  the same batches from decoded images in memory
//   p50_ms, p90_ms      of a batch of both domains, the first time
// kInvalidArgument naming the flag that is wrong; errors of OpenRunDomains()
// and PairedLoader.
absl::StatusOr<std::string> BenchmarkData(const DataBenchmarkOptions& options);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_BENCHMARK_DATA_H_
