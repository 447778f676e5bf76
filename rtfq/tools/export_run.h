// From a run to one file for the edge.
#ifndef RTFQ_TOOLS_EXPORT_RUN_H_
#define RTFQ_TOOLS_EXPORT_RUN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/deploy/bundle_writer.h"
#include "rtfq/tools/calibration_file.h"
#include "rtfq/tools/trained_network.h"

namespace rtfq {

struct ExportOptions {
  std::string folder;  // of the run, evaluated
  std::string out;
  std::vector<std::string> subnets;  // "r64-w100-q8"; empty: all
  std::vector<std::string> bits;     // "8", "4"; empty: all
};

// What an .rtfq file holds, before it is one.
struct FrozenRun {
  BundleWriter writer;
  int64_t weights = 0;  // of the whole supernet
};

// Freezes the chosen subnets with the batch norms the run was judged with, and
// adds class names, preprocessing, scores and provenance. kFailedPrecondition
// for a run that was not evaluated as it stands; kInvalidArgument for unknown
// subnets or bits, and as Freeze(); errors of reading.
absl::StatusOr<FrozenRun> FreezeRun(const std::string& folder,
                                    const std::vector<std::string>& subnets,
                                    const std::vector<std::string>& bits);

// kAlreadyExists when there is a file of this name.
absl::Status CheckIsNew(const std::string& path);

// That a bundle was exported from this run, as it stands: kFailedPrecondition
// naming the step, images, config, class names or preprocessing that differ,
// kInvalidArgument where the bundle's config cannot be read.
absl::Status CheckIsOf(const Bundle& bundle, const TrainedNetwork& network);
// And with the calibration the run has now: kFailedPrecondition.
absl::Status CheckCalibration(const Bundle& bundle,
                              const Calibration& measured);

// Freezes a run to `out`. Returns what was written and its bytes, for people.
// Errors of the two above and of writing.
absl::StatusOr<std::string> ExportRun(const ExportOptions& options);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_EXPORT_RUN_H_
