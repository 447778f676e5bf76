#include "rtfq/data/transforms.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/data/rand_augment.h"

namespace rtfq {
namespace {

constexpr int kMaxSide = 4096;

absl::Status Wrong(const char* field, double value, const char* right) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, " is ", value, "; it must be ", right));
}

int RoundToInt(double value) { return static_cast<int>(std::nearbyint(value)); }

Box MiddleBox(int width, int height, const TransformOptions& options) {
  const double ratio = static_cast<double>(width) / height;
  int w = width, h = height;
  if (ratio < options.min_ratio) {
    h = std::max(1, RoundToInt(w / options.min_ratio));
  } else if (ratio > options.max_ratio) {
    w = std::max(1, RoundToInt(h * options.max_ratio));
  }
  return {(width - w) / 2, (height - h) / 2, w, h};
}

}  // namespace

absl::Status Validate(const TransformOptions& options) {
  const TransformOptions& o = options;
  if (o.resize < 1 || o.resize > kMaxSide)
    return Wrong("resize", o.resize, "1 to 4096 pixels");
  if (o.crop < 1 || o.crop > o.resize)
    return Wrong("crop", o.crop, "at least 1 and at most resize");
  if (!(o.rand_augment_probability >= 0 && o.rand_augment_probability <= 1))
    return Wrong("rand_augment_probability", o.rand_augment_probability,
                 "0 to 1");
  if (o.rand_augment_n < 0 || o.rand_augment_n > 100)
    return Wrong("rand_augment_n", o.rand_augment_n, "0 to 100");
  if (o.rand_augment_m < 2 || o.rand_augment_m > kMaxRandAugmentMagnitude)
    return Wrong("rand_augment_m", o.rand_augment_m, "2 to 10");
  if (!(o.min_scale > 0 && o.min_scale <= 1))
    return Wrong("min_scale", o.min_scale, "above 0 and at most 1");
  if (!(o.max_scale >= o.min_scale && o.max_scale <= 1))
    return Wrong("max_scale", o.max_scale, "min_scale to 1");
  if (!(o.min_ratio >= 0.01 && o.min_ratio <= 100))
    return Wrong("min_ratio", o.min_ratio, "0.01 to 100");
  if (!(o.max_ratio >= o.min_ratio && o.max_ratio <= 100))
    return Wrong("max_ratio", o.max_ratio, "min_ratio to 100");
  for (const float mean : o.mean) {
    if (!std::isfinite(mean)) return Wrong("mean", mean, "finite");
  }
  for (const float std : o.std) {
    if (!(std >= 1e-6f) || !std::isfinite(std))
      return Wrong("std", std, "at least 1e-6");
  }
  return absl::OkStatus();
}

RgbImage CenterCrop(const RgbImage& image, int side) {
  RTFQ_CHECK(side >= 1 && side <= image.width && side <= image.height);
  const int left = RoundToInt((image.width - side) / 2.0);
  const int top = RoundToInt((image.height - side) / 2.0);
  RgbImage out(side, side);
  for (int y = 0; y < side; ++y) {
    std::memcpy(out.row(y), image.row(top + y) + left * 3, out.row_bytes());
  }
  return out;
}

RgbImage FlipHorizontal(const RgbImage& image) {
  RgbImage out(image.width, image.height);
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* from = image.row(y) + image.row_bytes();
    uint8_t* to = out.row(y);
    for (int x = 0; x < image.width; ++x, to += 3) {
      from -= 3;
      to[0] = from[0];
      to[1] = from[1];
      to[2] = from[2];
    }
  }
  return out;
}

void NormalizeInto(const RgbImage& image, const std::array<float, 3>& mean,
                   const std::array<float, 3>& std, View<float> out) {
  RTFQ_CHECK(out.count() == static_cast<int64_t>(image.pixels.size()));
  float table[3][256];
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 256; ++i) {
      table[c][i] = static_cast<float>(
          (i / 255.0 - static_cast<double>(mean[c])) / std[c]);
    }
  }
  const size_t count = image.pixels.size();
  const uint8_t* __restrict from = image.pixels.data();
  float* __restrict to = out.span().data();
  for (size_t i = 0; i < count; i += 3) {
    to[i] = table[0][from[i]];
    to[i + 1] = table[1][from[i + 1]];
    to[i + 2] = table[2][from[i + 2]];
  }
}

Box DrawCrop(int width, int height, const TransformOptions& options, Rng& rng) {
  const double area = static_cast<double>(width) * height;
  const double min_log = std::log(options.min_ratio);
  const double max_log = std::log(options.max_ratio);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target =
        area * rng.Uniform(options.min_scale, options.max_scale);
    const double ratio = std::exp(rng.Uniform(min_log, max_log));
    const int w = RoundToInt(std::sqrt(target * ratio));
    const int h = RoundToInt(std::sqrt(target / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const int top = static_cast<int>(rng.Below(height - h + 1));
    const int left = static_cast<int>(rng.Below(width - w + 1));
    return {left, top, w, h};
  }
  return MiddleBox(width, height, options);
}

RgbImage ResizeFirst(const RgbImage& image, const TransformOptions& options) {
  return ResizeBilinear(image, options.resize, options.resize);
}

void TrainTransform(const RgbImage& image, const TransformOptions& options,
                    Rng rng, View<float> out) {
  const bool resized =
      image.width == options.resize && image.height == options.resize;
  RgbImage x = resized ? RgbImage() : ResizeFirst(image, options);
  const Box box = DrawCrop(options.resize, options.resize, options, rng);
  x = CropAndResizeBilinear(resized ? image : x, box, options.crop,
                            options.crop);
  if (options.horizontal_flip && rng.Uniform() < 0.5) x = FlipHorizontal(x);
  if (rng.Uniform() < options.rand_augment_probability) {
    x = RandAugment(std::move(x), options.rand_augment_n,
                    options.rand_augment_m, rng);
  }
  NormalizeInto(x, options.mean, options.std, out);
}

void TestTransform(const RgbImage& image, const TransformOptions& options,
                   View<float> out) {
  const bool resized =
      image.width == options.resize && image.height == options.resize;
  const RgbImage x = resized ? RgbImage() : ResizeFirst(image, options);
  NormalizeInto(CenterCrop(resized ? image : x, options.crop), options.mean,
                options.std, out);
}

}  // namespace rtfq
