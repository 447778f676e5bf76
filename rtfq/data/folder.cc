#include "rtfq/data/folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

namespace fs = std::filesystem;

// Below the system's limit of 40 links in a path, behind which a circle of
// links would look like its end.
constexpr int kMaxDepth = 32;

bool EndsWith(const std::string& name, const char* ending) {
  return absl::EndsWithIgnoreCase(name, ending);
}

bool IsImageName(const std::string& name) {
  return EndsWith(name, ".jpg") || EndsWith(name, ".jpeg") ||
         EndsWith(name, ".png");
}

void Sort(FolderEntries* entries) {
  std::sort(entries->folders.begin(), entries->folders.end());
  std::sort(entries->images.begin(), entries->images.end());
  std::sort(entries->lists.begin(), entries->lists.end());
}

absl::Status AddImagesBelow(const std::string& path, int depth,
                            std::vector<std::string>* images) {
  if (depth > kMaxDepth) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": more than ", kMaxDepth, " folders deep; a link to above?"));
  }
  RTFQ_ASSIGN_OR_RETURN(const FolderEntries entries, ReadFolder(path));
  for (const std::string& name : entries.images) {
    images->push_back(JoinPath(path, name));
  }
  for (const std::string& name : entries.folders) {
    RTFQ_RETURN_IF_ERROR(
        AddImagesBelow(JoinPath(path, name), depth + 1, images));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FolderEntries> ReadFolder(const std::string& path) {
  std::error_code error;
  fs::directory_iterator it(path, error);
  FolderEntries entries;
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.empty() || name[0] == '.') continue;
    std::error_code ignored;  // a broken link is neither
    if (IsImageName(name)) {
      entries.images.push_back(name);
    } else if (it->is_directory(ignored)) {
      entries.folders.push_back(name);
    } else if (EndsWith(name, ".txt") && it->is_regular_file(ignored)) {
      entries.lists.push_back(name);
    }
  }
  if (error) {
    const std::string message =
        absl::StrCat(path, ": cannot read the folder: ", error.message());
    if (error == std::errc::no_such_file_or_directory)
      return absl::NotFoundError(message);
    if (error == std::errc::permission_denied)
      return absl::PermissionDeniedError(message);
    return absl::UnavailableError(message);
  }
  Sort(&entries);
  return entries;
}

absl::StatusOr<std::vector<std::string>> ImagesBelow(const std::string& path) {
  std::vector<std::string> images;
  RTFQ_RETURN_IF_ERROR(AddImagesBelow(path, 0, &images));
  return images;
}

std::string JoinPath(const std::string& folder, const std::string& name) {
  return (fs::path(folder) / name).string();
}

}  // namespace rtfq
