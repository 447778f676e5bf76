#include "rtfq/models/pretrained.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/safetensors_json.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

using Targets = std::map<std::string, View<float>, std::less<>>;

// Counts all, keeps the first few.
class NameList {
 public:
  void Add(const std::string& text) {
    if (++count_ > kShown) return;
    absl::StrAppend(&text_, count_ > 1 ? ", " : "", text);
  }
  // "; 12 missing: a, b, ..." or nothing.
  std::string Describe(const char* kind) const {
    if (count_ == 0) return "";
    return absl::StrCat("; ", count_, " ", kind, ": ", text_,
                        count_ > kShown ? ", ..." : "");
  }
  bool empty() const { return count_ == 0; }

 private:
  static constexpr int kShown = 10;
  int count_ = 0;
  std::string text_;
};

bool SameFrom(int first, const std::vector<int64_t>& dims, const Shape& shape) {
  if (dims.size() != static_cast<size_t>(shape.rank())) return false;
  for (int i = first; i < shape.rank(); ++i) {
    if (dims[i] != shape[i]) return false;
  }
  return true;
}

// A whole classifier of the right features for another number of classes.
bool IsForOtherClasses(const SafetensorsFile& file, const Targets& targets,
                       const std::string& weight, const std::string& bias) {
  const SafetensorsEntry* file_weight = file.Find(weight);
  const SafetensorsEntry* file_bias = file.Find(bias);
  const auto our_weight = targets.find(weight);
  const auto our_bias = targets.find(bias);
  if (file_weight == nullptr || file_bias == nullptr ||
      our_weight == targets.end() || our_bias == targets.end()) {
    return false;
  }
  const Shape& weight_shape = our_weight->second.shape();
  const Shape& bias_shape = our_bias->second.shape();
  return weight_shape.rank() == 2 && bias_shape.rank() == 1 &&
         SameFrom(1, file_weight->shape, weight_shape) &&
         SameFrom(1, file_bias->shape, bias_shape) &&
         file_weight->shape[0] == file_bias->shape[0] &&
         file_weight->shape[0] != weight_shape[0];
}

std::string DescribeMisfit(const std::string& name,
                           const SafetensorsEntry& entry, const Shape& wanted) {
  return absl::StrCat(name, " is ", NameOf(entry.dtype), " ",
                      ShapeToString(entry.shape), ", want floats ",
                      wanted.ToString());
}

// Everything that does not fit, in one message.
absl::Status CheckFit(const SafetensorsFile& file, const std::string& file_name,
                      const Targets& targets,
                      const std::vector<std::string>& replaced) {
  NameList missing;
  NameList unexpected;
  NameList unfit;
  for (const auto& [name, value] : targets) {
    if (file.Find(name) == nullptr) missing.Add(name);
  }
  for (const auto& [name, entry] : file.entries()) {
    if (absl::EndsWith(name, "num_batches_tracked")) continue;
    if (std::count(replaced.begin(), replaced.end(), name) > 0) continue;
    const auto target = targets.find(name);
    if (target == targets.end()) {
      unexpected.Add(QuotedForMessage(name));
    } else if (!SameFrom(0, entry.shape, target->second.shape()) ||
               !IsFloatingPoint(entry.dtype)) {
      unfit.Add(DescribeMisfit(name, entry, target->second.shape()));
    }
  }
  if (missing.empty() && unexpected.empty() && unfit.empty()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      file_name, ": does not fit this network", missing.Describe("missing"),
      unexpected.Describe("unexpected"),
      unfit.Describe("of another shape or type"),
      missing.empty() && unexpected.empty() ? ""
                                            : "; is it of another depth?"));
}

}  // namespace

absl::StatusOr<PretrainedReport> LoadPretrained(
    const SafetensorsFile& file, const std::string& file_name,
    std::span<const PretrainedTarget> targets, const std::string& classifier) {
  Targets by_name;
  for (const PretrainedTarget& target : targets) {
    const bool is_new = by_name.emplace(target.name, target.value).second;
    RTFQ_CHECK(is_new);
  }
  PretrainedReport report;
  const std::string weight = classifier + ".weight";
  const std::string bias = classifier + ".bias";
  if (IsForOtherClasses(file, by_name, weight, bias)) {
    report.replaced = {weight, bias};
  }
  RTFQ_RETURN_IF_ERROR(CheckFit(file, file_name, by_name, report.replaced));
  for (const std::string& name : report.replaced) by_name.erase(name);
  for (const auto& [name, value] : by_name) {
    const absl::Status copied = file.CopyF32(name, value);
    RTFQ_CHECK(copied.ok());
    ++report.loaded;
  }
  return report;
}

}  // namespace rtfq
