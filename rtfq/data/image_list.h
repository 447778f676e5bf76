// Image-list files: `path label` a line, as DomainNet and TLlib ship them.
#ifndef RTFQ_DATA_IMAGE_LIST_H_
#define RTFQ_DATA_IMAGE_LIST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace rtfq {

// Labels are 0..kMaxLabel: a wrong column must not make a classifier of
// millions of classes.
inline constexpr int64_t kMaxLabel = 65535;

struct ListedImage {
  std::string path;  // as written
  int64_t label = -1;
  int line = 0;  // from 1
};

// The images of a list's text. A line is a path, then blanks and a label, or a
// path alone; paths may contain blanks. Empty lines and lines beginning with #
// are skipped, a carriage return at a line's end too. Fails with
// kInvalidArgument, `name` and the line's number first in the message: a label
// out of range, lines with and without labels, no image at all.
absl::StatusOr<std::vector<ListedImage>> ParseImageList(
    std::string_view text, const std::string& name);

}  // namespace rtfq

#endif  // RTFQ_DATA_IMAGE_LIST_H_
