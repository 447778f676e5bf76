// The flag that names one of torchvision's networks.
#ifndef RTFQ_TOOLS_NETWORK_DEPTH_H_
#define RTFQ_TOOLS_NETWORK_DEPTH_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "rtfq/models/network.pb.h"

namespace rtfq {

// The family --depth=18, 34, 50 or 101 speaks of; kInvalidArgument for others.
absl::StatusOr<NetworkConfig::Family> FamilyOfDepth(int64_t depth);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_NETWORK_DEPTH_H_
