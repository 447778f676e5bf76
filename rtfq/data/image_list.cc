#include "rtfq/data/image_list.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace rtfq {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// [-+]?[0-9]+
bool IsInteger(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+'))
    text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

// -1 for a value outside 0..kMaxLabel.
int64_t LabelOf(std::string_view text) {
  if (text[0] == '-') return -1;
  int64_t value = 0;
  for (const char c : text) {
    if (c == '+') continue;
    value = value * 10 + (c - '0');
    if (value > kMaxLabel) return -1;
  }
  return value;
}

absl::Status LineError(const std::string& name, int line,
                       std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      name, ":", line, ": ", absl::string_view(what.data(), what.size())));
}

}  // namespace

absl::StatusOr<std::vector<ListedImage>> ParseImageList(
    std::string_view text, const std::string& name) {
  std::vector<ListedImage> images;
  for (int line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.empty() || content[0] == '#') continue;
    if (content.find('\0') != std::string_view::npos) {
      return LineError(name, line, "a zero byte; not an image list");
    }
    ListedImage image = {std::string(content), -1, line};
    const size_t blank = content.find_last_of(kBlanks);
    if (blank != std::string_view::npos &&
        IsInteger(content.substr(blank + 1))) {
      image.path = Trim(content.substr(0, blank));
      image.label = LabelOf(content.substr(blank + 1));
      if (image.label < 0) {
        return LineError(name, line, "labels are 0 to 65535");
      }
    }
    if (!images.empty() && (images[0].label < 0) != (image.label < 0)) {
      return LineError(name, line,
                       image.label < 0
                           ? "no label, though the lines before have one"
                           : "a label, though the lines before have none");
    }
    images.push_back(std::move(image));
  }
  if (images.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": no images; a line is `path label` or `path`"));
  }
  return images;
}

}  // namespace rtfq
