// From a run to one file for the edge.
#ifndef RTFQ_TOOLS_EXPORT_RUN_H_
#define RTFQ_TOOLS_EXPORT_RUN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rtfq {

struct ExportOptions {
  std::string folder;  // of the run, evaluated
  std::string out;
  std::vector<std::string> subnets;  // "r64-w100-q8"; empty: all
  std::vector<std::string> bits;     // "8", "4"; empty: all
};

// Freezes the chosen subnets with the batch norms the run was judged with, and
// writes them with class names, preprocessing, scores and provenance to `out`.
// Returns what was written and its bytes, for people.
//
// kAlreadyExists when there is an `out`; kFailedPrecondition for a run that was
// not evaluated; kInvalidArgument for unknown subnets or bits, and as Freeze();
// errors of reading and writing.
absl::StatusOr<std::string> ExportRun(const ExportOptions& options);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_EXPORT_RUN_H_
