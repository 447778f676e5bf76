// JPEG and PNG bytes to RGB, as Pillow's convert("RGB") gives them.
#ifndef RTFQ_DATA_IMAGE_DECODER_H_
#define RTFQ_DATA_IMAGE_DECODER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rtfq/data/image.h"

namespace rtfq {

// What a file may ask of us; checked before memory is allocated.
struct DecodeLimits {
  int64_t max_pixels = int64_t{64} << 20;
  int64_t max_file_bytes = int64_t{256} << 20;
};

// The image in `bytes`, known by its first bytes and not by a file's name.
//
// JPEG: accurate integer DCT, smooth chroma upsampling, all components and
// scans; CMYK and YCCK are taken as inverted (Adobe's way, as Pillow does).
// PNG: every colour type and depth; palettes are looked up, grey of 1, 2 and 4
// bits is scaled to 0..255, alpha is dropped, of 16 bits the upper 8 are kept.
// (For 16-bit grey Pillow clamps to 255, which turns nearly all of it white;
// the upper byte is what it does for 16-bit RGB.) Rotation tags are not
// applied, as torchvision's loader does not.
//
// Fails with kInvalidArgument, `name` first in the message, when the bytes are
// neither, are cut short or broken, or hold more than limits.max_pixels. A JPEG
// whose scan is damaged but complete decodes, as in Pillow.
absl::StatusOr<RgbImage> DecodeImage(std::string_view bytes,
                                     const std::string& name,
                                     const DecodeLimits& limits = {});

// The same for a file. An unreadable one gives ReadFile's error.
absl::StatusOr<RgbImage> DecodeImageFile(const std::string& path,
                                         const DecodeLimits& limits = {});

}  // namespace rtfq

#endif  // RTFQ_DATA_IMAGE_DECODER_H_
