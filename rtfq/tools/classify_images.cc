#include "rtfq/tools/classify_images.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "rtfq/core/printable.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/image_decoder.h"

namespace rtfq {
namespace {

namespace fs = std::filesystem;

bool IsImageName(const fs::path& path) {
  const std::string extension =
      absl::AsciiStrToLower(path.extension().string());
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

absl::Status AddFolder(const std::string& folder,
                       std::vector<std::string>& images) {
  std::error_code error;
  std::vector<std::string> found;
  fs::recursive_directory_iterator at(folder, error), end;
  while (!error && at != end) {
    if (IsImageName(at->path())) found.push_back(at->path());
    at.increment(error);
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat(folder, ": cannot be listed: ", error.message()));
  }
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat(folder, ": has no .jpg, .jpeg or .png below it"));
  }
  std::sort(found.begin(), found.end());
  images.insert(images.end(), found.begin(), found.end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> FindImages(
    const std::vector<std::string>& paths) {
  std::vector<std::string> images;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      RTFQ_RETURN_IF_ERROR(AddFolder(path, images));
    } else if (fs::exists(path, error)) {
      images.push_back(path);
    } else {
      return absl::NotFoundError(absl::StrCat(path, ": is not there"));
    }
  }
  return images;
}

absl::StatusOr<std::vector<ClassifiedImage>> ClassifyImages(
    const std::vector<std::string>& paths, const std::string& subnet,
    int64_t top, Predictor& predictor) {
  std::vector<ClassifiedImage> classified;
  for (const std::string& path : paths) {
    ClassifiedImage result = {.path = path, .error = "", .top = {}};
    absl::StatusOr<RgbImage> image = DecodeImageFile(path);
    if (!image.ok()) {
      result.error = std::string(image.status().message());
    } else {
      std::vector<RgbImage> one;
      one.push_back(*std::move(image));
      RTFQ_ASSIGN_OR_RETURN(const Tensor logits, predictor.Logits(subnet, one));
      result.top = predictor.Top(logits, 0, top);
    }
    classified.push_back(std::move(result));
  }
  return classified;
}

std::string ToText(const ClassifiedImage& image) {
  if (!image.error.empty()) return absl::StrCat("error: ", image.error, "\n");
  std::string text = absl::StrCat(image.path, ":");
  for (const Prediction& p : image.top) {
    absl::StrAppendFormat(&text, "  %s %.1f%%", Printable(p.class_name),
                          100 * p.probability);
  }
  return text + "\n";
}

std::string ToJson(const ClassifiedImage& image, const std::string& subnet) {
  nlohmann::ordered_json line = {{"image", image.path}, {"subnet", subnet}};
  if (!image.error.empty()) {
    line["error"] = image.error;
  } else {
    line["top"] = nlohmann::ordered_json::array();
    for (const Prediction& p : image.top) {
      line["top"].push_back({{"class", p.class_name},
                             {"label", p.label},
                             {"probability", p.probability}});
    }
  }
  // Names of files need not be UTF-8.
  return line.dump(-1, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace rtfq
