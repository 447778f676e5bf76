#include "rtfq/data/augment_ops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>

#include "rtfq/core/check.h"

namespace rtfq {
namespace {

using Table = std::array<uint8_t, 256>;
using Histogram = std::array<int64_t, 256>;

uint8_t ClampToByte(int64_t value) {
  return static_cast<uint8_t>(std::clamp<int64_t>(value, 0, 255));
}

std::array<Histogram, 3> Histograms(const RgbImage& image) {
  std::array<Histogram, 3> histograms = {};
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    for (size_t c = 0; c < 3; ++c) ++histograms[c][image.pixels[i + c]];
  }
  return histograms;
}

RgbImage Map(const RgbImage& image, const std::array<Table, 3>& tables) {
  RgbImage out = image;
  for (size_t i = 0; i < out.pixels.size(); i += 3) {
    for (size_t c = 0; c < 3; ++c) {
      out.pixels[i + c] = tables[c][out.pixels[i + c]];
    }
  }
  return out;
}

Table Identity() {
  Table table;
  for (int i = 0; i < 256; ++i) table[i] = static_cast<uint8_t>(i);
  return table;
}

Table StretchTable(const Histogram& histogram) {
  int low = 0, high = 255;
  while (low < 255 && histogram[low] == 0) ++low;
  while (high > 0 && histogram[high] == 0) --high;
  Table table = Identity();
  if (high <= low) return table;
  const double scale = 255.0 / (high - low);
  const double offset = -low * scale;
  for (int i = 0; i < 256; ++i) {
    table[i] = ClampToByte(static_cast<int64_t>(i * scale + offset));
  }
  return table;
}

Table FlattenTable(const Histogram& histogram) {
  Table table = Identity();
  int64_t used = 0, total = 0, last = 0;
  for (const int64_t count : histogram) {
    if (count == 0) continue;
    ++used;
    total += count;
    last = count;
  }
  const int64_t step = (total - last) / 255;
  if (used <= 1 || step == 0) return table;
  int64_t before = step / 2;
  for (int i = 0; i < 256; ++i) {
    table[i] = ClampToByte(before / step);
    before += histogram[i];
  }
  return table;
}

// degenerate + factor * (image - degenerate), truncated as Pillow's blend does.
RgbImage Blend(const RgbImage& degenerate, const RgbImage& image,
               float factor) {
  RTFQ_CHECK(factor >= 0 && factor <= 1);
  RgbImage out = image;
  const size_t count = out.pixels.size();
  const uint8_t* __restrict a = degenerate.pixels.data();
  uint8_t* __restrict b = out.pixels.data();
  for (size_t i = 0; i < count; ++i) {
    const float from = static_cast<float>(a[i]);
    const float change = static_cast<float>(static_cast<int>(b[i]) - a[i]);
    b[i] = static_cast<uint8_t>(static_cast<int>(from + factor * change));
  }
  return out;
}

// ITU-R 601 in 16-bit fixed point.
uint8_t Luma(const uint8_t* rgb) {
  return static_cast<uint8_t>(
      (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

// 3x3 means with a weight of 5 in the middle; the border stays as it is.
RgbImage Smooth(const RgbImage& image) {
  RgbImage out = image;
  if (image.width < 3 || image.height < 3) return out;
  const float side = 1.0f / 13, middle = 5.0f / 13;
  const size_t end = image.row_bytes() - 3;
  for (int y = 1; y + 1 < image.height; ++y) {
    const uint8_t* __restrict up = image.row(y - 1);
    const uint8_t* __restrict here = image.row(y);
    const uint8_t* __restrict down = image.row(y + 1);
    uint8_t* __restrict to = out.row(y);
    for (size_t i = 3; i < end; ++i) {
      float sum = 0.5f;
      sum += down[i - 3] * side + down[i] * side + down[i + 3] * side;
      sum += here[i - 3] * side + here[i] * middle + here[i + 3] * side;
      sum += up[i - 3] * side + up[i] * side + up[i + 3] * side;
      to[i] = static_cast<uint8_t>(static_cast<int>(sum));
    }
  }
  return out;
}

// Rows of [source x; source y] = m [x; y; 1], in pixels, origin top left.
using Affine = std::array<double, 6>;

int32_t Fixed16(double value) {
  return static_cast<int32_t>(std::floor(value * 65536.0 + 0.5));
}

// The nearest source pixel of each pixel's middle, in 16.16 fixed point.
RgbImage Transform(const RgbImage& image, const Affine& m) {
  RgbImage out(image.width, image.height);
  const int32_t dx = Fixed16(m[0]), dy = Fixed16(m[3]);
  const int32_t row_dx = Fixed16(m[1]), row_dy = Fixed16(m[4]);
  int32_t row_x = Fixed16(m[2] + m[0] * 0.5 + m[1] * 0.5);
  int32_t row_y = Fixed16(m[5] + m[3] * 0.5 + m[4] * 0.5);
  for (int y = 0; y < image.height; ++y, row_x += row_dx, row_y += row_dy) {
    int32_t x_fixed = row_x, y_fixed = row_y;
    uint8_t* to = out.row(y);
    for (int x = 0; x < image.width; ++x, to += 3) {
      const int from_x = x_fixed >> 16, from_y = y_fixed >> 16;
      x_fixed += dx;
      y_fixed += dy;
      if (from_x < 0 || from_x >= image.width) continue;
      if (from_y < 0 || from_y >= image.height) continue;
      std::memcpy(to, image.row(from_y) + static_cast<size_t>(from_x) * 3, 3);
    }
  }
  return out;
}

// Pillow rounds a rotation's sine and cosine to 15 decimals.
double RoundTo15(double value) { return std::nearbyint(value * 1e15) / 1e15; }

}  // namespace

RgbImage AutoContrast(const RgbImage& image) {
  const std::array<Histogram, 3> h = Histograms(image);
  return Map(image,
             {StretchTable(h[0]), StretchTable(h[1]), StretchTable(h[2])});
}

RgbImage Equalize(const RgbImage& image) {
  const std::array<Histogram, 3> h = Histograms(image);
  return Map(image,
             {FlattenTable(h[0]), FlattenTable(h[1]), FlattenTable(h[2])});
}

RgbImage Posterize(const RgbImage& image, int bits) {
  RTFQ_CHECK(bits >= 1 && bits <= 8);
  const uint8_t mask = static_cast<uint8_t>(0xff << (8 - bits));
  RgbImage out = image;
  for (uint8_t& value : out.pixels) value &= mask;
  return out;
}

RgbImage Solarize(const RgbImage& image, int threshold) {
  RgbImage out = image;
  for (uint8_t& value : out.pixels) {
    value = value < threshold ? value : static_cast<uint8_t>(255 - value);
  }
  return out;
}

RgbImage Brightness(const RgbImage& image, float factor) {
  return Blend(RgbImage(image.width, image.height), image, factor);
}

RgbImage Color(const RgbImage& image, float factor) {
  RgbImage grey(image.width, image.height);
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    std::memset(&grey.pixels[i], Luma(&image.pixels[i]), 3);
  }
  return Blend(grey, image, factor);
}

RgbImage Contrast(const RgbImage& image, float factor) {
  int64_t sum = 0;
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    sum += Luma(&image.pixels[i]);
  }
  const double count = static_cast<double>(image.pixels.size() / 3);
  RgbImage grey(image.width, image.height);
  std::fill(grey.pixels.begin(), grey.pixels.end(),
            static_cast<uint8_t>(static_cast<double>(sum) / count + 0.5));
  return Blend(grey, image, factor);
}

RgbImage Sharpness(const RgbImage& image, float factor) {
  return Blend(Smooth(image), image, factor);
}

RgbImage Rotate(const RgbImage& image, double degrees) {
  RTFQ_CHECK(degrees > -90 && degrees < 90);
  const double angle = -degrees * std::numbers::pi / 180;
  const double c = RoundTo15(std::cos(angle)), s = RoundTo15(std::sin(angle));
  const double x = image.width / 2.0, y = image.height / 2.0;
  return Transform(image, {c, s, c * -x + s * -y + x,  //
                           -s, c, -s * -x + c * -y + y});
}

RgbImage ShearX(const RgbImage& image, double slope) {
  return Transform(image, {1, slope, 0, 0, 1, 0});
}

RgbImage ShearY(const RgbImage& image, double slope) {
  return Transform(image, {1, 0, 0, slope, 1, 0});
}

RgbImage TranslateX(const RgbImage& image, int pixels) {
  return Transform(image, {1, 0, static_cast<double>(pixels), 0, 1, 0});
}

RgbImage TranslateY(const RgbImage& image, int pixels) {
  return Transform(image, {1, 0, 0, 0, 1, static_cast<double>(pixels)});
}

}  // namespace rtfq
