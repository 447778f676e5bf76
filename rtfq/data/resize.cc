#include "rtfq/data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "rtfq/core/check.h"

namespace rtfq {
namespace {

constexpr int kFractionBits = 22;  // 8 bits of value and 2 to spare in 32
constexpr int32_t kHalf = int32_t{1} << (kFractionBits - 1);

// For each output position the inputs it is made of.
struct Taps {
  int max_count = 0;
  std::vector<int> first;
  std::vector<int> count;
  std::vector<int32_t> weights;  // [out,max_count]

  const int32_t* of(int i) const {
    return weights.data() + static_cast<size_t>(i) * max_count;
  }
};

// Every operation and its order is Pillow's: another order rounds differently.
Taps MakeTaps(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double support = std::max(scale, 1.0);
  Taps taps;
  taps.max_count = static_cast<int>(std::ceil(support)) * 2 + 1;
  taps.first.resize(to);
  taps.count.resize(to);
  taps.weights.resize(static_cast<size_t>(to) * taps.max_count);
  std::vector<double> k(taps.max_count);
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int last = std::min(from, static_cast<int>(center + support + 0.5));
    double sum = 0;
    for (int j = 0; j < last - first; ++j) {
      const double x = (j + first - center + 0.5) * (1.0 / support);
      k[j] = std::max(0.0, 1.0 - std::abs(x));
      sum += k[j];
    }
    taps.first[i] = first;
    taps.count[i] = last - first;
    int32_t* weights = &taps.weights[static_cast<size_t>(i) * taps.max_count];
    for (int j = 0; j < last - first; ++j) {
      const double share = sum == 0 ? k[j] : k[j] / sum;
      weights[j] = static_cast<int32_t>(0.5 + share * (1 << kFractionBits));
    }
  }
  return taps;
}

uint8_t ToByte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

void ResizeRow(const uint8_t* in, const Taps& taps, int width, uint8_t* out) {
  for (int x = 0; x < width; ++x) {
    const uint8_t* pixel = in + static_cast<size_t>(taps.first[x]) * 3;
    const int32_t* weight = taps.of(x);
    int32_t red = kHalf, green = kHalf, blue = kHalf;
    for (int j = 0; j < taps.count[x]; ++j, pixel += 3) {
      red += pixel[0] * weight[j];
      green += pixel[1] * weight[j];
      blue += pixel[2] * weight[j];
    }
    *out++ = ToByte(red);
    *out++ = ToByte(green);
    *out++ = ToByte(blue);
  }
}

void AddRow(const uint8_t* __restrict in, int32_t weight, size_t count,
            int32_t* __restrict sums) {
  for (size_t i = 0; i < count; ++i) sums[i] += in[i] * weight;
}

void RoundRow(const int32_t* __restrict sums, size_t count,
              uint8_t* __restrict out) {
  for (size_t i = 0; i < count; ++i) out[i] = ToByte(sums[i]);
}

// Rows of `image` that start at its left + box.left.
RgbImage ResizeWidth(const RgbImage& image, const Box& box, int width) {
  RgbImage out(width, box.height);
  const size_t offset = static_cast<size_t>(box.left) * 3;
  if (width == box.width) {
    for (int y = 0; y < box.height; ++y) {
      std::memcpy(out.row(y), image.row(box.top + y) + offset, out.row_bytes());
    }
    return out;
  }
  const Taps taps = MakeTaps(box.width, width);
  for (int y = 0; y < box.height; ++y) {
    ResizeRow(image.row(box.top + y) + offset, taps, width, out.row(y));
  }
  return out;
}

RgbImage ResizeHeight(RgbImage image, int height) {
  if (height == image.height) return image;
  const Taps taps = MakeTaps(image.height, height);
  RgbImage out(image.width, height);
  const size_t count = image.row_bytes();
  std::vector<int32_t> sums(count);
  for (int y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), kHalf);
    for (int j = 0; j < taps.count[y]; ++j) {
      AddRow(image.row(taps.first[y] + j), taps.of(y)[j], count, sums.data());
    }
    RoundRow(sums.data(), count, out.row(y));
  }
  return out;
}

}  // namespace

RgbImage ResizeBilinear(const RgbImage& image, int width, int height) {
  return CropAndResizeBilinear(image, {0, 0, image.width, image.height}, width,
                               height);
}

RgbImage CropAndResizeBilinear(const RgbImage& image, const Box& box, int width,
                               int height) {
  RTFQ_CHECK(width >= 1 && height >= 1 && box.width >= 1 && box.height >= 1);
  RTFQ_CHECK(box.left >= 0 && box.left + box.width <= image.width);
  RTFQ_CHECK(box.top >= 0 && box.top + box.height <= image.height);
  return ResizeHeight(ResizeWidth(image, box, width), height);
}

}  // namespace rtfq
