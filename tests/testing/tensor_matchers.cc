#include "tests/testing/tensor_matchers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace rtfq::test {

std::string DescribeDifference(std::span<const double> actual,
                               std::span<const double> expected,
                               const ErrorBound& bound) {
  if (actual.size() != expected.size()) {
    return absl::StrCat("has ", actual.size(), " elements instead of ",
                        expected.size());
  }
  double max = 0;
  for (const double v : expected) {
    if (std::isfinite(v)) max = std::max(max, std::fabs(v));
  }
  const double allowed = bound.absolute + bound.relative_to_max * max;
  int64_t failures = 0;
  size_t worst = 0;
  double worst_error = -1;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (actual[i] == expected[i]) continue;  // infinities too
    if (std::isnan(actual[i]) && std::isnan(expected[i])) continue;
    const double difference = std::fabs(actual[i] - expected[i]);
    const double error = std::isnan(difference) ? INFINITY : difference;
    if (error <= allowed && std::isfinite(error)) continue;
    ++failures;
    if (error > worst_error) {
      worst_error = error;
      worst = i;
    }
  }
  if (failures == 0) return "";
  return absl::StrFormat(
      "differs in %d of %d elements, worst at [%d]: %.9g instead of %.9g, "
      "%.3g apart where %.3g is allowed",
      failures, expected.size(), worst, actual[worst], expected[worst],
      worst_error, allowed);
}

bool HaveSameBits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

}  // namespace rtfq::test
