#include "rtfq/tools/network_depth.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace rtfq {

absl::StatusOr<NetworkConfig::Family> FamilyOfDepth(int64_t depth) {
  switch (depth) {
    case 18:
      return NetworkConfig::RESNET18;
    case 34:
      return NetworkConfig::RESNET34;
    case 50:
      return NetworkConfig::RESNET50;
    case 101:
      return NetworkConfig::RESNET101;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("--depth=", depth, "; it takes 18, 34, 50 or 101"));
  }
}

}  // namespace rtfq
