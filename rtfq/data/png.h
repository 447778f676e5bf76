// PNG through libspng. Others use image_decoder.h.
#ifndef RTFQ_DATA_PNG_H_
#define RTFQ_DATA_PNG_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "rtfq/data/image.h"

namespace rtfq {

// Whether `bytes` begin with PNG's signature.
bool IsPng(std::string_view bytes);

// See DecodeImage. Errors are kInvalidArgument and do not name the image.
absl::StatusOr<RgbImage> DecodePng(std::string_view bytes, int64_t max_pixels);

}  // namespace rtfq

#endif  // RTFQ_DATA_PNG_H_
