// Reading folders in a fixed order.
#ifndef RTFQ_DATA_FOLDER_H_
#define RTFQ_DATA_FOLDER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rtfq {

// A folder's entries without those whose names begin with a dot, sorted byte by
// byte. Links are followed.
struct FolderEntries {
  // Folders, but not those named like images.
  std::vector<std::string> folders;
  // Names of images; a folder or a broken link may bear one and is then found
  // out when it is opened, instead of being lost silently.
  std::vector<std::string> images;
  std::vector<std::string> lists;  // files ending in .txt
};

absl::StatusOr<FolderEntries> ReadFolder(const std::string& path);

// Paths of the images at any depth below `path`, in the order of the entries,
// images before folders. Fails for more than 32 levels (a link to above).
absl::StatusOr<std::vector<std::string>> ImagesBelow(const std::string& path);

// "a" + "b" is "a/b"; an absolute second part stands alone.
std::string JoinPath(const std::string& folder, const std::string& name);

}  // namespace rtfq

#endif  // RTFQ_DATA_FOLDER_H_
