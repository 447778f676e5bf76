#include "rtfq/tools/inspect_file.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/core/printable.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/weight_file.h"

namespace rtfq {
namespace {

std::string Metadata(const SafetensorsFile& file) {
  std::string text;
  for (const auto& [key, value] : file.metadata()) {
    absl::StrAppend(&text, "  ", Printable(key), ": ", Printable(value), "\n");
  }
  return text;
}

struct Sum {
  int64_t tensors = 0;
  int64_t numbers = 0;
  int64_t bytes = 0;
};

void Add(const SafetensorsEntry& entry, Sum& sum) {
  ++sum.tensors;
  sum.numbers += entry.count();
  sum.bytes += static_cast<int64_t>(entry.bytes.size());
}

std::string ToString(const std::string& name, const Sum& sum) {
  return absl::StrFormat("  %-10s %6d tensors %12d numbers %10.1f MiB\n", name,
                         sum.tensors, sum.numbers,
                         static_cast<double>(sum.bytes) / (1 << 20));
}

std::string DescribeTensor(const std::string& name,
                           const SafetensorsEntry& entry,
                           const std::vector<double>& values) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  int64_t bad = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      ++bad;
      continue;
    }
    low = std::min(low, value);
    high = std::max(high, value);
  }
  std::string text =
      absl::StrFormat("  %-44s %-4s %-18s", Printable(name),
                      NameOf(entry.dtype), ShapeToString(entry.shape));
  if (low <= high) absl::StrAppendFormat(&text, " %g..%g", low, high);
  if (bad > 0) absl::StrAppend(&text, " NOT FINITE: ", bad);
  return text + "\n";
}

}  // namespace

absl::StatusOr<std::string> DescribeCheckpoint(const std::string& path) {
  RTFQ_ASSIGN_OR_RETURN(const SafetensorsFile file,
                        SafetensorsFile::Read(path, {.verify_checksum = true}));
  const auto format = file.metadata().find("format");
  if (format == file.metadata().end() ||
      format->second.rfind("rtfq-checkpoint", 0) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": is no checkpoint of a run; try: inspect weights ", path));
  }
  std::map<std::string, Sum> parts;
  Sum all;
  for (const auto& [name, entry] : file.entries()) {
    Add(entry, parts[name.substr(0, name.find('/'))]);
    Add(entry, all);
  }
  std::string text = absl::StrCat(
      path, ": whole; ",
      parts.count("warm_up") > 0 ? "in the warm-up" : "in adaptation", "\n",
      Metadata(file));
  for (const auto& [name, sum] : parts) text += ToString(name, sum);
  return text + ToString("all", all);
}

absl::StatusOr<std::string> DescribeWeights(const std::string& path) {
  RTFQ_ASSIGN_OR_RETURN(const SafetensorsFile file, ReadWeightFile(path));
  std::string text = absl::StrCat(path, "\n", Metadata(file));
  Sum all;
  for (const auto& [name, entry] : file.entries()) {
    RTFQ_ASSIGN_OR_RETURN(const std::vector<double> values,
                          file.ReadDoubles(name));
    text += DescribeTensor(name, entry, values);
    Add(entry, all);
  }
  return text + ToString("all", all);
}

}  // namespace rtfq
