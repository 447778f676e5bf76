#include "rtfq/ops/conv2d_pixel_blocks.h"

#include "rtfq/core/rounding.h"

namespace rtfq::ops {

Conv2dPixelBlocks::Conv2dPixelBlocks(const Conv2dGeometry& geometry)
    : geometry_(geometry),
      points_(geometry.kernel == 1),
      batch_(points_ ? CeilDiv(geometry.batch * geometry.out_size() *
                                   geometry.out_size(),
                               kBlockPixels)
                     : geometry.batch),
      in_lines_(points_ ? 1
                        : (geometry.out_size() - 1) * geometry.stride +
                              geometry.kernel),
      out_lines_(points_ ? 1 : geometry.out_size()),
      line_pixels_(points_ ? kBlockPixels : geometry.out_size()),
      steps_(CeilDiv(line_pixels_, 2)),
      blocks_(CeilDiv(out_lines_ * steps_, kBlockSteps)) {}

// The last image's dy ends with a whole block, so its x must.
int64_t Conv2dPixelBlocks::OfX(int64_t images) const {
  return CeilDiv((images * in_lines_ - out_lines_) * steps_, kBlockSteps) +
         blocks_;
}

int64_t Conv2dPixelBlocks::StepOf(int64_t u) const {
  int64_t place = u / geometry_.stride;
  for (int64_t r = 0; r < u % geometry_.stride; ++r) {
    place += CeilDiv(in_lines_ - r, geometry_.stride);
  }
  return place * steps_;
}

int64_t Conv2dPixelBlocks::LineAt(int64_t place) const {
  int64_t remainder = 0;
  for (;; ++remainder) {
    const int64_t lines = CeilDiv(in_lines_ - remainder, geometry_.stride);
    if (place < lines) return place * geometry_.stride + remainder;
    place -= lines;
  }
}

template <typename T>
const T* Conv2dPixelBlocks::LineOfX(const T* x, const Part& part,
                                    int64_t line) const {
  if (line >= part.images * in_lines_) return nullptr;
  const int64_t size = geometry_.in_size;
  const int64_t h = LineAt(line % in_lines_) - geometry_.padding;
  if (h < 0 || h >= size) return nullptr;
  const int64_t n = part.first + line / in_lines_;
  return x + (n * size + h) * size * geometry_.in_channels;
}

template <typename T>
void Conv2dPixelBlocks::FindPoints(const T* x, int64_t block,
                                   const T** pixels) const {
  const auto side = static_cast<uint32_t>(geometry_.out_size());
  const int64_t size = geometry_.in_size, channels = geometry_.in_channels;
  const int64_t end = geometry_.batch * side * side;
  for (int64_t k = 0; k < kBlockPixels; ++k) {
    const int64_t pixel = block * kBlockPixels + k;
    if (pixel >= end) {
      pixels[k] = nullptr;
    } else if (geometry_.stride == 1) {
      pixels[k] = x + pixel * channels;
    } else {
      const int64_t row = pixel / side;  // n * P + p
      const int64_t n = row / side, p = row % side, q = pixel % side;
      pixels[k] = x + ((n * size + p * geometry_.stride) * size +
                       q * geometry_.stride) *
                          channels;
    }
  }
}

template <typename T>
void Conv2dPixelBlocks::FindX(const T* x, const Part& part, int64_t block,
                              int64_t v, const T** pixels) const {
  if (points_) return FindPoints(x, part.first + block, pixels);
  const int64_t stride = geometry_.stride, channels = geometry_.in_channels;
  int64_t line = block * kBlockSteps / steps_;
  int64_t step = block * kBlockSteps % steps_;
  const T* from = LineOfX(x, part, line);
  for (int64_t k = 0; k < kBlockPixels; ++k) {
    const int64_t q = 2 * step + k % 2;
    const int64_t w = q * stride + v - geometry_.padding;
    const bool is_there =
        from != nullptr && q < line_pixels_ && w >= 0 && w < geometry_.in_size;
    pixels[k] = is_there ? from + w * channels : nullptr;
    if (k % 2 == 1 && ++step == steps_) {
      step = 0;
      from = LineOfX(x, part, ++line);
    }
  }
}

void Conv2dPixelBlocks::FindDy(const Bf16* dy, const Part& part, int64_t block,
                               const Bf16** pixels) const {
  const int64_t channels = geometry_.out_channels;
  const int64_t first_line =
      (part.first + block / blocks_) * out_lines_;  // of the image
  const int64_t side = geometry_.out_size();
  const int64_t end = geometry_.batch * side * side;
  int64_t line = block % blocks_ * kBlockSteps / steps_;
  int64_t step = block % blocks_ * kBlockSteps % steps_;
  for (int64_t k = 0; k < kBlockPixels; ++k) {
    const int64_t q = 2 * step + k % 2;
    const int64_t pixel = (first_line + line) * line_pixels_ + q;
    const bool is_there = line < out_lines_ && q < line_pixels_ && pixel < end;
    pixels[k] = is_there ? dy + pixel * channels : nullptr;
    if (k % 2 == 1 && ++step == steps_) {
      step = 0;
      ++line;
    }
  }
}

template void Conv2dPixelBlocks::FindX(const uint8_t*, const Part&, int64_t,
                                       int64_t, const uint8_t**) const;
template void Conv2dPixelBlocks::FindX(const int8_t*, const Part&, int64_t,
                                       int64_t, const int8_t**) const;
template void Conv2dPixelBlocks::FindX(const Bf16*, const Part&, int64_t,
                                       int64_t, const Bf16**) const;

}  // namespace rtfq::ops
