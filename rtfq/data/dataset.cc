#include "rtfq/data/dataset.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/file.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/shortened.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/folder.h"
#include "rtfq/data/image_list.h"

namespace rtfq {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr int64_t kMaxListBytes = int64_t{1} << 30;

bool IsFolder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}
bool IsFile(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::map<std::string, int64_t> IndexOf(const Names& classes) {
  std::map<std::string, int64_t> index;
  for (size_t i = 0; i < classes.size(); ++i) {
    index.emplace(classes[i], static_cast<int64_t>(i));
  }
  return index;
}

absl::Status CheckClassFolders(const std::string& folder, const Names& found,
                               const Names& classes) {
  const std::set<std::string> known(classes.begin(), classes.end());
  Names unknown;
  for (const std::string& name : found) {
    if (known.count(name) == 0) unknown.push_back(name);
  }
  if (unknown.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      folder, ": class folders that are not among the ", classes.size(),
      " classes expected (", Shortened(classes), "): ", Shortened(unknown),
      "; images without labels lie in the folder itself, or are a list"));
}

absl::Status AddClassFolders(const std::string& folder, const Names& found,
                             const Names& classes, DomainDataset* dataset) {
  if (!classes.empty()) {
    RTFQ_RETURN_IF_ERROR(CheckClassFolders(folder, found, classes));
  }
  dataset->classes = classes.empty() ? found : classes;
  const std::map<std::string, int64_t> index = IndexOf(dataset->classes);
  for (const std::string& name : found) {
    RTFQ_ASSIGN_OR_RETURN(Names images, ImagesBelow(JoinPath(folder, name)));
    for (std::string& path : images) {
      dataset->images.push_back({std::move(path), index.at(name)});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<DomainDataset> OpenFolder(const std::string& root,
                                         std::string folder,
                                         const Names& classes) {
  DomainDataset dataset;
  dataset.root = root;
  dataset.name = fs::path(folder).filename().string();
  RTFQ_ASSIGN_OR_RETURN(FolderEntries entries, ReadFolder(folder));
  if (entries.folders == Names{"images"} && entries.images.empty()) {
    folder = JoinPath(folder, "images");
    RTFQ_ASSIGN_OR_RETURN(entries, ReadFolder(folder));
    dataset.layout = Layout::kImagesClassFolders;
  }
  if (!entries.images.empty() && !entries.folders.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, ": images (such as ", entries.images[0],
        ") beside class folders (such as ", entries.folders[0],
        "); a labelled domain has only folders here, one without labels only "
        "images"));
  }
  if (entries.folders.empty()) {
    dataset.layout = Layout::kUnlabelledFolder;
    dataset.classes = classes;
    for (const std::string& name : entries.images) {
      dataset.images.push_back({JoinPath(folder, name), -1});
    }
  } else {
    RTFQ_RETURN_IF_ERROR(
        AddClassFolders(folder, entries.folders, classes, &dataset));
  }
  if (dataset.images.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": no .jpg, .jpeg or .png files in it"));
  }
  return dataset;
}

std::string ParentName(const std::string& path) {
  return fs::path(path).parent_path().filename().string();
}

// Names each label after the folder its images lie in; as numbers where that is
// not one folder a label and one label a folder.
Names ClassesOfList(const std::vector<ListedImage>& images) {
  int64_t count = 0;
  std::map<int64_t, std::set<std::string>> folders;
  for (const ListedImage& image : images) {
    count = std::max(count, image.label + 1);
    folders[image.label].insert(ParentName(image.path));
  }
  Names numbers, names;
  std::set<std::string> different;
  for (int64_t label = 0; label < count; ++label) {
    numbers.push_back(absl::StrCat(label));
    const auto it = folders.find(label);
    const bool named = it != folders.end() && it->second.size() == 1 &&
                       !it->second.begin()->empty();
    names.push_back(named ? *it->second.begin() : numbers.back());
    if (!named && it != folders.end()) return numbers;
    different.insert(names.back());
  }
  return different.size() == names.size() ? names : numbers;
}

// A label that is no class, or is another than the one the image's folder is
// named after, as when two lists number their classes differently.
absl::Status CheckListedLabel(const ListedImage& image, const Names& classes,
                              const std::map<std::string, int64_t>& index,
                              const std::string& list) {
  if (image.label < 0) return absl::OkStatus();
  if (image.label >= static_cast<int64_t>(classes.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat(list, ":", image.line, ": label ", image.label,
                     ", but the classes are 0 to ", classes.size() - 1));
  }
  const auto it = index.find(ParentName(image.path));
  if (it != index.end() && it->second != image.label) {
    return absl::InvalidArgumentError(absl::StrCat(
        list, ":", image.line, ": label ", image.label, " is class ",
        classes[image.label], ", but the image lies in a folder named ",
        it->first, ", which is class ", it->second));
  }
  return absl::OkStatus();
}

absl::StatusOr<DomainDataset> OpenList(const std::string& root,
                                       const std::string& list,
                                       const Names& classes) {
  RTFQ_ASSIGN_OR_RETURN(const std::string text, ReadFile(list, kMaxListBytes));
  RTFQ_ASSIGN_OR_RETURN(const std::vector<ListedImage> listed,
                        ParseImageList(text, list));
  DomainDataset dataset;
  dataset.root = root;
  dataset.name = fs::path(list).stem().string();
  dataset.layout = Layout::kImageList;
  const bool labelled = listed[0].label >= 0;
  dataset.classes =
      classes.empty() && labelled ? ClassesOfList(listed) : classes;
  const std::map<std::string, int64_t> index = IndexOf(classes);
  const std::string folder = fs::path(list).parent_path().string();
  bool any = false;
  for (const ListedImage& image : listed) {
    RTFQ_RETURN_IF_ERROR(CheckListedLabel(image, dataset.classes, index, list));
    std::string path = JoinPath(root, image.path);
    if (!IsFile(path) && IsFile(JoinPath(folder, image.path))) {
      path = JoinPath(folder, image.path);
    }
    any = any || IsFile(path);
    dataset.images.push_back({std::move(path), image.label});
  }
  if (!any) {
    return absl::NotFoundError(
        absl::StrCat(list, ": none of its ", listed.size(),
                     " images exists; the first was "
                     "looked for at ",
                     JoinPath(root, listed[0].path), " and ",
                     JoinPath(folder, listed[0].path)));
  }
  return dataset;
}

}  // namespace

const char* NameOf(Layout layout) {
  switch (layout) {
    case Layout::kClassFolders:
      return "class folders";
    case Layout::kImagesClassFolders:
      return "class folders below images";
    case Layout::kUnlabelledFolder:
      return "a folder of images without labels";
    case Layout::kImageList:
      return "an image list";
  }
  return "unknown";
}

bool DomainDataset::has_labels() const {
  return !images.empty() &&
         std::all_of(images.begin(), images.end(),
                     [](const ImageRecord& image) { return image.label >= 0; });
}

std::string DomainDataset::ManifestHash() const {
  std::string manifest;
  for (const std::string& name : classes) {
    absl::StrAppend(&manifest, "class ", name, "\n");
  }
  for (const ImageRecord& image : images) {
    std::error_code error;
    const uintmax_t size = fs::file_size(image.path, error);
    absl::StrAppend(&manifest,
                    fs::path(image.path).lexically_relative(root).string(),
                    "\t", error ? int64_t{-1} : static_cast<int64_t>(size),
                    "\t", image.label, "\n");
  }
  return Sha256Hex(manifest);
}

absl::StatusOr<std::vector<std::string>> ListDomains(const std::string& root) {
  RTFQ_ASSIGN_OR_RETURN(FolderEntries entries, ReadFolder(root));
  Names domains = std::move(entries.folders);
  domains.insert(domains.end(), entries.lists.begin(), entries.lists.end());
  return domains;
}

absl::StatusOr<DomainDataset> OpenDomain(const std::string& root,
                                         const std::string& domain,
                                         const Names& classes) {
  std::string path = JoinPath(root, domain);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (!domain.empty() && IsFolder(path)) {
    return OpenFolder(root, path, classes);
  }
  if (!domain.empty() && IsFile(path)) return OpenList(root, path, classes);
  if (IsFile(domain)) return OpenList(root, domain, classes);
  RTFQ_ASSIGN_OR_RETURN(const Names domains, ListDomains(root));
  return absl::NotFoundError(absl::StrCat(
      root, ": no folder or image list named \"", domain,
      "\"; there are: ", domains.empty() ? "none" : Shortened(domains)));
}

}  // namespace rtfq
