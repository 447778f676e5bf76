// What a path most likely is.
#ifndef RTFQ_TOOLS_INSPECT_KIND_H_
#define RTFQ_TOOLS_INSPECT_KIND_H_

#include <string>

#include "absl/status/statusor.h"

namespace rtfq {

// "dataset" for a folder; of a file, by its first bytes, "bundle" (.rtfq),
// "checkpoint" of a run, or else "weights". Nothing is checked beyond them.
// kNotFound for nothing, kUnavailable for what cannot be read.
absl::StatusOr<std::string> KindOf(const std::string& path);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_INSPECT_KIND_H_
