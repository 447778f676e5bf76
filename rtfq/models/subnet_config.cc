#include "rtfq/models/subnet_config.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace rtfq {
namespace {

// Takes `prefix` and a decimal number without sign or leading zeros from the
// front of `text`; -1 when they are not there.
int TakeNumber(std::string_view prefix, std::string_view& text) {
  if (!text.starts_with(prefix)) return -1;
  text.remove_prefix(prefix.size());
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    ++digits;
  }
  int value = 0;
  if (digits == 0 || text.front() == '0' ||
      !absl::SimpleAtoi(absl::string_view(text.data(), digits), &value)) {
    return -1;
  }
  text.remove_prefix(digits);
  return value;
}

}  // namespace

std::string SubnetConfig::ToString() const {
  return absl::StrCat("r", resolution, "-w", width_percent, "-q", BitsOf(bits));
}

absl::StatusOr<SubnetConfig> ParseSubnetConfig(std::string_view text) {
  std::string_view rest = text;
  const int resolution = TakeNumber("r", rest);
  const int width_percent = TakeNumber("-w", rest);
  const int bits = TakeNumber("-q", rest);
  if (!rest.empty() || resolution < 1 || resolution > 4096 ||
      width_percent < 1 || width_percent > 100 || !IsBitWidth(bits)) {
    // A name is short; whatever else came here is not echoed whole.
    constexpr size_t kEcho = 64;
    return absl::InvalidArgumentError(absl::StrCat(
        "subnet '",
        absl::string_view(text.data(), std::min(text.size(), kEcho)),
        text.size() > kEcho ? "..." : "",
        "': wanted r<pixels 1..4096>-w<percent 1..100>-q<bits 2..8 or 32>, for "
        "example r192-w73-q6"));
  }
  return SubnetConfig{resolution, width_percent, static_cast<BitWidth>(bits)};
}

}  // namespace rtfq
