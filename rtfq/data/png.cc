#include "rtfq/data/png.h"

#include <spng.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace rtfq {
namespace {

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};

// Text, profiles and palettes beside the pixels, unpacked.
constexpr size_t kMaxChunkBytes = size_t{16} << 20;

// As JPEG's. Resizing goes through an image of the old height and the new
// width: 64 million pixels of one column would become 50 GB there.
constexpr int64_t kMaxSide = 65500;

absl::Status Error(int code) {
  const bool ended = code == SPNG_IO_EOF || code == SPNG_EIDAT_TOO_SHORT;
  return absl::InvalidArgumentError(absl::StrCat(
      ended ? "truncated: " : "broken PNG: ", spng_strerror(code)));
}

}  // namespace

bool IsPng(std::string_view bytes) {
  return bytes.substr(0, 8) == std::string_view("\x89PNG\r\n\x1a\n");
}

absl::StatusOr<RgbImage> DecodePng(std::string_view bytes, int64_t max_pixels) {
  const std::unique_ptr<spng_ctx, FreeContext> context(spng_ctx_new(0));
  if (context == nullptr) {
    return absl::ResourceExhaustedError("no memory for a PNG decoder");
  }
  spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxChunkBytes);
  int code = spng_set_png_buffer(context.get(), bytes.data(), bytes.size());
  if (code != 0) return Error(code);
  spng_ihdr header;
  code = spng_get_ihdr(context.get(), &header);
  if (code != 0) return Error(code);
  const int64_t width = header.width;
  const int64_t height = header.height;
  if (width > max_pixels / height || width > kMaxSide || height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat(width, " x ", height, " pixels; at most ", max_pixels,
                     " are accepted, and ", kMaxSide, " a side"));
  }
  RgbImage image(static_cast<int>(width), static_cast<int>(height));
  code = spng_decode_image(context.get(), image.pixels.data(),
                           image.pixels.size(), SPNG_FMT_RGB8, 0);
  if (code != 0) return Error(code);
  return image;
}

}  // namespace rtfq
