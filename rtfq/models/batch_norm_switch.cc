#include "rtfq/models/batch_norm_switch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/check.h"

namespace rtfq {

BatchNormSwitch::BatchNormSwitch(const SearchSpace& space,
                                 const BatchNormConfig& config)
    : config_(config) {
  for (const SubnetConfig& subnet : space.All()) {
    const std::string name = KeyName(subnet);
    const auto it = std::find(names_.begin(), names_.end(), name);
    key_of_[subnet] = static_cast<int>(it - names_.begin());
    if (it != names_.end()) continue;
    names_.push_back(name);
    width_percents_.push_back(config.switch_on_width() ? subnet.width_percent
                                                       : 100);
    examples_.push_back(subnet);
  }
}

int BatchNormSwitch::KeyOf(const SubnetConfig& subnet) const {
  const auto it = key_of_.find(subnet);
  RTFQ_CHECK(it != key_of_.end());
  return it->second;
}

std::string BatchNormSwitch::KeyName(const SubnetConfig& subnet) const {
  std::vector<std::string> parts;
  if (config_.switch_on_resolution())
    parts.push_back(absl::StrCat("r", subnet.resolution));
  if (config_.switch_on_width())
    parts.push_back(absl::StrCat("w", subnet.width_percent));
  if (config_.switch_on_bits())
    parts.push_back(absl::StrCat("q", BitsOf(subnet.bits)));
  return parts.empty() ? "all" : absl::StrJoin(parts, "-");
}

}  // namespace rtfq
