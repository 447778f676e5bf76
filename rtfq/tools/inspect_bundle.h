// What an .rtfq file holds, for people.
#ifndef RTFQ_TOOLS_INSPECT_BUNDLE_H_
#define RTFQ_TOOLS_INSPECT_BUNDLE_H_

#include <string>

#include "absl/status/statusor.h"

namespace rtfq {

// Provenance, sections and subnets with their scores; every checksum has been
// compared. Errors of Bundle::Open() and Bundle::VerifyAll().
absl::StatusOr<std::string> DescribeBundle(const std::string& path);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_INSPECT_BUNDLE_H_
