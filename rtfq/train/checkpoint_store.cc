#include "rtfq/train/checkpoint_store.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/core/check.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kSuffix = ".safetensors";
constexpr std::string_view kTemporarySuffix = ".safetensors.tmp";
constexpr size_t kDigits = 10;
constexpr int64_t kStepLimit = 10'000'000'000;

// The step in "step-<10 digits><suffix>", or nullopt for any other name.
std::optional<int64_t> StepOf(std::string_view name, std::string_view suffix) {
  if (name.size() != kPrefix.size() + kDigits + suffix.size() ||
      !name.starts_with(kPrefix) || !name.ends_with(suffix)) {
    return std::nullopt;
  }
  int64_t step = 0;
  for (const char c : name.substr(kPrefix.size(), kDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    step = step * 10 + (c - '0');
  }
  return step;
}

absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    names.push_back(entry->path().filename().string());
    entry.increment(error);
  }
  if (!error) return names;
  return absl::UnavailableError(
      absl::StrCat(folder, ": cannot list: ", error.message()));
}

// What says that the file's contents, not its surroundings, are at fault.
bool IsDamage(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument ||
         status.code() == absl::StatusCode::kDataLoss;
}

}  // namespace

CheckpointStore::CheckpointStore(std::string folder, int keep)
    : folder_(std::move(folder)), keep_(keep) {}

absl::StatusOr<CheckpointStore> CheckpointStore::Open(const std::string& folder,
                                                      int keep) {
  if (keep < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("checkpoints to keep = ", keep, "; want at least 1"));
  }
  RTFQ_RETURN_IF_ERROR(MakeFolders(folder));
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(folder));
  for (const std::string& name : names) {
    if (!StepOf(name, kTemporarySuffix).has_value()) continue;
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat(path.string(), ": cannot remove: ", error.message()));
    }
  }
  return CheckpointStore(folder, keep);
}

std::string CheckpointStore::PathOf(int64_t step) const {
  RTFQ_CHECK(step >= 0 && step < kStepLimit);
  const std::string name = absl::StrFormat("step-%010d.safetensors", step);
  return (std::filesystem::path(folder_) / name).string();
}

absl::StatusOr<std::vector<int64_t>> CheckpointStore::Steps() const {
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(folder_));
  std::vector<int64_t> steps;
  for (const std::string& name : names) {
    const std::optional<int64_t> step = StepOf(name, kSuffix);
    if (step.has_value()) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end(), std::greater<>());
  return steps;
}

absl::Status CheckpointStore::Save(int64_t step,
                                   const SafetensorsWriter& writer) const {
  RTFQ_RETURN_IF_ERROR(writer.WriteAtomically(PathOf(step)));
  RTFQ_ASSIGN_OR_RETURN(const std::vector<int64_t> steps, Steps());
  int kept = 1;
  for (const int64_t earlier : steps) {
    if (earlier >= step || ++kept <= keep_) continue;
    // One that cannot be removed costs room, not the run.
    std::error_code ignored;
    std::filesystem::remove(PathOf(earlier), ignored);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<LoadedCheckpoint>> CheckpointStore::LoadLatest(
    std::vector<std::string>* skipped) const {
  RTFQ_ASSIGN_OR_RETURN(const std::vector<int64_t> steps, Steps());
  for (const int64_t step : steps) {
    const std::string path = PathOf(step);
    absl::StatusOr<SafetensorsFile> file =
        SafetensorsFile::Read(path, {.verify_checksum = true});
    if (file.ok()) return LoadedCheckpoint{step, *std::move(file), path};
    if (!IsDamage(file.status())) return file.status();
    skipped->push_back(std::string(file.status().message()));
  }
  return std::nullopt;
}

}  // namespace rtfq
