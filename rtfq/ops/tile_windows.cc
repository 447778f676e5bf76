#include "rtfq/ops/tile_windows.h"

#include <algorithm>
#include <cstring>

#include "rtfq/core/check.h"
#include "rtfq/ops/simd.h"
#include "rtfq/ops/skipped_pixels.h"

namespace rtfq::ops {
namespace {

// The last step of the last window may read so far behind the image.
constexpr int64_t kSlackBytes = 16;
// Copied at once: less is not worth handing to a thread.
constexpr int64_t kCopyBytes = 32768;

RTFQ_MULTIVERSION
void WidenUnsigned(const uint8_t* x, int64_t count, int16_t* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<int16_t>(x[i]);
}

RTFQ_MULTIVERSION
void WidenSigned(const int8_t* x, int64_t count, int16_t* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<int16_t>(x[i]);
}

// The same as adding kSignedOffset to a signed code.
RTFQ_MULTIVERSION
void FlipSigns(const uint8_t* x, int64_t count, uint8_t* __restrict out) {
  for (int64_t i = 0; i < count; ++i) out[i] = x[i] ^ uint8_t { 0x80 };
}

}  // namespace

TileWindows::TileWindows(const Conv2dGeometry& geometry, TileKind kind,
                         Sign sign)
    : geometry_(geometry),
      kind_(kind),
      sign_(sign),
      pixel_bytes_(geometry.in_channels * InputBytes(kind)) {}

bool TileWindows::ReadsInPlace() const {
  return ReadsBytes(kind_) && !offset() && geometry_.padding == 0 &&
         geometry_.kernel * geometry_.in_channels % ProductsPerStep(kind_) == 0;
}

int64_t TileWindows::copied_side() const {
  return SkipsPixels(geometry_) ? geometry_.out_size()
                                : geometry_.in_size + 2 * geometry_.padding;
}

int64_t TileWindows::copied_bytes() const {
  if (ReadsInPlace()) return 0;
  return geometry_.batch * copied_side() * copied_side() * pixel_bytes_ +
         kSlackBytes;
}

void TileWindows::CopyCodes(const uint8_t* x_codes, int64_t count,
                            uint8_t* to) const {
  if (offset()) {
    FlipSigns(x_codes, count, to);
  } else if (ReadsBytes(kind_)) {
    std::memcpy(to, x_codes, static_cast<size_t>(count));
  } else if (sign_ == Sign::kUnsigned) {
    WidenUnsigned(x_codes, count, reinterpret_cast<int16_t*>(to));
  } else {
    WidenSigned(reinterpret_cast<const int8_t*>(x_codes), count,
                reinterpret_cast<int16_t*>(to));
  }
}

// Row `row` of the copies of all images, [N,side,side,I].
void TileWindows::CopyRow(const uint8_t* x_codes, int64_t row,
                          uint8_t* to) const {
  const Conv2dGeometry& g = geometry_;
  const int64_t side = copied_side(), in = g.in_channels;
  const int64_t n = row / side, r = row % side;
  if (SkipsPixels(g)) {
    const uint8_t* from =
        x_codes + (n * g.in_size + r * g.stride) * g.in_size * in;
    for (int64_t q = 0; q < side; ++q) {
      CopyCodes(from + q * g.stride * in, in, to + q * pixel_bytes_);
    }
    return;
  }
  const int zero = offset() ? kSignedOffset : 0;
  const int64_t h = r - g.padding;
  if (h < 0 || h >= g.in_size) {
    std::memset(to, zero, static_cast<size_t>(side * pixel_bytes_));
    return;
  }
  const auto margin = static_cast<size_t>(g.padding * pixel_bytes_);
  std::memset(to, zero, margin);
  CopyCodes(x_codes + (n * g.in_size + h) * g.in_size * in, g.in_size * in,
            to + margin);
  std::memset(to + margin + g.in_size * pixel_bytes_, zero, margin);
}

TileWindows::Image TileWindows::Of(const ThreadPool& threads,
                                   View<const uint8_t> x_codes,
                                   uint8_t* memory) const {
  RTFQ_CHECK(x_codes.shape() == geometry_.x_shape() && x_codes.IsDense());
  if (ReadsInPlace()) {
    return {.data = x_codes.data(),
            .side = geometry_.in_size,
            .stride = geometry_.stride,
            .pixel_bytes = geometry_.in_channels};
  }
  const Image image = {.data = memory,
                       .side = copied_side(),
                       .stride = SkipsPixels(geometry_) ? 1 : geometry_.stride,
                       .pixel_bytes = pixel_bytes_};
  const int64_t row_bytes = image.row_bytes();
  const int64_t rows = geometry_.batch * image.side;
  const int64_t grain = std::max<int64_t>(1, kCopyBytes / row_bytes);
  threads.For(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      CopyRow(x_codes.data(), row, memory + row * row_bytes);
    }
  });
  std::memset(memory + rows * row_bytes, 0, kSlackBytes);
  return image;
}

void TileWindows::Find(const Image& image, int64_t first, int64_t count,
                       const void** windows) const {
  const int64_t side = geometry_.out_size();
  const int64_t pixel_bytes = image.stride * image.pixel_bytes;
  int64_t row = first / side, q = first % side;  // row = n * P + p
  for (int64_t i = 0; i < count; ++row, q = 0) {
    const int64_t n = row / side, p = row % side;
    const uint8_t* at =
        image.data + (n * image.side + p * image.stride) * image.row_bytes();
    for (; q < side && i < count; ++q, ++i) windows[i] = at + q * pixel_bytes;
  }
}

}  // namespace rtfq::ops
