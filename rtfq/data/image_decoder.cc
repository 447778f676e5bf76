#include "rtfq/data/image_decoder.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/jpeg.h"
#include "rtfq/data/png.h"

namespace rtfq {

absl::StatusOr<RgbImage> DecodeImage(std::string_view bytes,
                                     const std::string& name,
                                     const DecodeLimits& limits) {
  absl::StatusOr<RgbImage> image;
  if (bytes.empty()) {
    image = absl::InvalidArgumentError("the file is empty");
  } else if (IsJpeg(bytes)) {
    image = DecodeJpeg(bytes, limits.max_pixels);
  } else if (IsPng(bytes)) {
    image = DecodePng(bytes, limits.max_pixels);
  } else {
    image = absl::InvalidArgumentError("neither a JPEG nor a PNG image");
  }
  if (!image.ok()) return Annotate(image.status(), name);
  return image;
}

absl::StatusOr<RgbImage> DecodeImageFile(const std::string& path,
                                         const DecodeLimits& limits) {
  RTFQ_ASSIGN_OR_RETURN(const std::string bytes,
                        ReadFile(path, limits.max_file_bytes));
  return DecodeImage(bytes, path, limits);
}

}  // namespace rtfq
