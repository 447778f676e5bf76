// One of the networks inside the supernet.
#ifndef RTFQ_MODELS_SUBNET_CONFIG_H_
#define RTFQ_MODELS_SUBNET_CONFIG_H_

#include <compare>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rtfq/core/bit_width.h"

namespace rtfq {

// Input resolution, width and bits of a subnet (paper, section III). A value.
struct SubnetConfig {
  int resolution = 224;     // pixels per side
  int width_percent = 100;  // an integer: 0.73 is not a key
  BitWidth bits = BitWidth::k8;

  auto operator<=>(const SubnetConfig&) const = default;

  // "r192-w73-q6"
  std::string ToString() const;
};

// The inverse of ToString(). kInvalidArgument naming the text and the form
// wanted; resolution 1..4096, width 1..100, bits 2..8 or 32.
absl::StatusOr<SubnetConfig> ParseSubnetConfig(std::string_view text);

}  // namespace rtfq

#endif  // RTFQ_MODELS_SUBNET_CONFIG_H_
