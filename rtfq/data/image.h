// A decoded image.
#ifndef RTFQ_DATA_IMAGE_H_
#define RTFQ_DATA_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rtfq {

// 8-bit RGB, rows from the top, [height,width,3] without gaps. A value.
struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;

  RgbImage() = default;
  RgbImage(int w, int h)  // black
      : width(w),
        height(h),
        pixels(static_cast<size_t>(w) * static_cast<size_t>(h) * 3) {}

  size_t row_bytes() const { return static_cast<size_t>(width) * 3; }
  const uint8_t* row(int y) const {
    return pixels.data() + row_bytes() * static_cast<size_t>(y);
  }
  uint8_t* row(int y) {
    return pixels.data() + row_bytes() * static_cast<size_t>(y);
  }
  bool operator==(const RgbImage&) const = default;
};

}  // namespace rtfq

#endif  // RTFQ_DATA_IMAGE_H_
