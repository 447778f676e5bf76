#include "rtfq/eval/number_format.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace rtfq {
namespace {

std::string Si(double value, int significant, bool keep_zeros) {
  if (!std::isfinite(value)) return "-";
  static constexpr const char* kPrefixes[] = {"",   " k", " M", " G",
                                              " T", " P", " E"};
  int prefix = 0;
  double scaled = std::abs(value);
  // 999.5 would print as 1000.
  while (scaled >= 999.5 && prefix < 6) {
    scaled /= 1000;
    ++prefix;
  }
  // %#.3g keeps trailing zeros; below a thousand whole numbers stay whole.
  std::string digits;
  if (prefix == 0 && scaled == std::floor(scaled)) {
    digits = absl::StrFormat("%.0f", scaled);
  } else if (keep_zeros) {
    digits = absl::StrFormat("%#.*g", significant, scaled);
  } else {
    digits = absl::StrFormat("%.*g", significant, scaled);
  }
  if (digits.back() == '.') digits.pop_back();
  return absl::StrCat(value < 0 ? "-" : "", digits, kPrefixes[prefix]);
}

}  // namespace

std::string FormatSi(double value) { return Si(value, 3, true); }

std::string FormatSiShort(double value, int digits) {
  return Si(value, digits, false);
}

std::string FormatBytes(int64_t bytes) {
  const std::string number = FormatSi(static_cast<double>(bytes));
  return absl::StrCat(number, number.find(' ') == number.npos ? " B" : "B");
}

std::string FormatPercent(double fraction) {
  if (!std::isfinite(fraction)) return "-";
  return absl::StrFormat("%.1f", 100 * fraction);
}

std::string FormatPoints(double difference) {
  if (!std::isfinite(difference)) return "-";
  return absl::StrFormat("%+.1f points", 100 * difference);
}

std::string FormatSeconds(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e12) return "-";
  const int64_t whole = std::llround(seconds);
  if (whole < 60) return absl::StrFormat("%d s", whole);
  if (whole < 3600) {
    return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
  }
  return absl::StrFormat("%d h %02d min", whole / 3600, whole / 60 % 60);
}

}  // namespace rtfq
