// JPEG through libjpeg-turbo. Others use image_decoder.h.
#ifndef RTFQ_DATA_JPEG_H_
#define RTFQ_DATA_JPEG_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rtfq/data/image.h"

namespace rtfq {

// Whether `bytes` begin as every JPEG does.
bool IsJpeg(std::string_view bytes);

// See DecodeImage. Errors are kInvalidArgument and do not name the image.
absl::StatusOr<RgbImage> DecodeJpeg(std::string_view bytes, int64_t max_pixels);

// A baseline JPEG with 4:2:0 chroma. `quality` is 1..100 on the Independent
// JPEG Group's scale. Fails with kInvalidArgument for an empty image or one
// with a side above 65500.
absl::StatusOr<std::string> EncodeJpeg(const RgbImage& image, int quality);

}  // namespace rtfq

#endif  // RTFQ_DATA_JPEG_H_
