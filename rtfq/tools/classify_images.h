// Class names for image files.
#ifndef RTFQ_TOOLS_CLASSIFY_IMAGES_H_
#define RTFQ_TOOLS_CLASSIFY_IMAGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/serve/predictor.h"

namespace rtfq {

// The files themselves, and every image below folders (as OpenDomain() knows
// them), sorted. kNotFound for what is not there.
absl::StatusOr<std::vector<std::string>> FindImages(
    const std::vector<std::string>& paths);

struct ClassifiedImage {
  std::string path;
  std::string error;            // "" when it could be read
  std::vector<Prediction> top;  // most probable first
};

// One image after the other. An image that cannot be read has its error; errors
// of Predictor::Logits() end it.
absl::StatusOr<std::vector<ClassifiedImage>> ClassifyImages(
    const std::vector<std::string>& paths, const std::string& subnet,
    int64_t top, Predictor& predictor);

// A line an image; or a JSON object a line.
std::string ToText(const ClassifiedImage& image);
std::string ToJson(const ClassifiedImage& image, const std::string& subnet);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_CLASSIFY_IMAGES_H_
