#include "rtfq/tools/inspect_kind.h"

#include <filesystem>
#include <fstream>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rtfq/deploy/bundle_layout.h"

namespace rtfq {

absl::StatusOr<std::string> KindOf(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return "dataset";
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file or folder"));
  }
  // Opening a pipe nobody writes to would wait for ever.
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a device or pipe; want a file or folder"));
  }
  std::ifstream file(path, std::ios::binary);
  // A checkpoint's metadata come first, a few hundred bytes of them.
  std::string start(4096, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  if (file.bad() || !file.is_open()) {
    return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
  }
  start.resize(static_cast<size_t>(file.gcount()));
  if (absl::StartsWith(start,
                       absl::string_view(kBundleMagic, kBundleMagicBytes))) {
    return "bundle";
  }
  return absl::StrContains(start, "\"format\":\"rtfq-checkpoint") ? "checkpoint"
                                                                  : "weights";
}

}  // namespace rtfq
