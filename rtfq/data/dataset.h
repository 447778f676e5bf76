// The images and labels of one domain, found on disk; none is read here.
#ifndef RTFQ_DATA_DATASET_H_
#define RTFQ_DATA_DATASET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rtfq {

struct ImageRecord {
  std::string path;    // can be opened
  int64_t label = -1;  // index into the classes; -1: not known
};

// How the images lie on disk.
enum class Layout {
  kClassFolders,        // <root>/<domain>/<class>/*
  kImagesClassFolders,  // <root>/<domain>/images/<class>/*
  kUnlabelledFolder,    // <root>/<domain>/*  or  <root>/<domain>/images/*
  kImageList,           // lines `path label` or `path`
};

// "class folders", and so on.
const char* NameOf(Layout layout);

struct DomainDataset {
  std::string name;                  // of the folder or the list, for people
  std::vector<std::string> classes;  // label i is classes[i]
  std::vector<ImageRecord> images;
  Layout layout = Layout::kClassFolders;
  std::string root;  // paths in ManifestHash are relative to it

  // Whether every image's label is known; false without images.
  bool has_labels() const;
  // Hexadecimal SHA-256 over classes and each image's relative path, size in
  // bytes and label, in order. The same wherever the tree lies; another one
  // when an image is added, removed, relabelled or changes its size.
  std::string ManifestHash() const;
};

// Finds the images of `domain`: a folder below `root`, or an image-list file
// (below `root`, or a path of its own) whose paths are relative to `root` or
// else to the list's folder. Images are files ending in .jpg, .jpeg or .png,
// whatever the case, at any depth below a class folder; names that begin with a
// dot are passed over. Everything is sorted by name, byte by byte.
//
// `classes`, where not empty, are the classes that labels refer to (a target
// takes its source's); a domain need not have all of them. Otherwise classes
// are the class folders, or in a list the folders in which a label's images lie
// if these are one each, or else the labels as text.
//
// Fails with kNotFound when there is no such domain (the message lists those
// there are) or none of a list's images exists; kInvalidArgument for class
// folders that are not in `classes`, images both inside and beside class
// folders, no images at all, a list that contradicts `classes`; and ReadFile's
// or the system's error. Single files that cannot be opened or decoded are for
// CheckImages to find.
absl::StatusOr<DomainDataset> OpenDomain(
    const std::string& root, const std::string& domain,
    const std::vector<std::string>& classes = {});

// Names of the folders below `root` and of the .txt files in it, sorted: what
// OpenDomain may be asked for.
absl::StatusOr<std::vector<std::string>> ListDomains(const std::string& root);

}  // namespace rtfq

#endif  // RTFQ_DATA_DATASET_H_
