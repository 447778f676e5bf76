// From a decoded image to what the network reads.
#ifndef RTFQ_DATA_TRANSFORMS_H_
#define RTFQ_DATA_TRANSFORMS_H_

#include <array>

#include "absl/status/status.h"
#include "rtfq/core/random.h"
#include "rtfq/core/tensor.h"
#include "rtfq/data/image.h"
#include "rtfq/data/resize.h"

namespace rtfq {

// Defaults are AnyDA's training transform for Office-31 and, for the crop's
// ranges and the pixels' mean and deviation, torchvision's.
struct TransformOptions {
  int resize = 256;  // pixels; both sides, whatever the image's
  int crop = 224;    // pixels; both sides of what comes out, at most `resize`
  double rand_augment_probability = 0.5;
  int rand_augment_n = 2;
  int rand_augment_m = 10;
  bool horizontal_flip = true;  // with probability 1/2
  double min_scale = 0.08;      // of the area, by the random crop
  double max_scale = 1;
  double min_ratio = 3.0 / 4;  // width to height of the random crop
  double max_ratio = 4.0 / 3;
  std::array<float, 3> mean = {0.485f, 0.456f, 0.406f};  // of values in 0..1
  std::array<float, 3> std = {0.229f, 0.224f, 0.225f};
};

// kInvalidArgument with the field's name for a value out of range.
absl::Status Validate(const TransformOptions& options);

// The middle side x side pixels. A side of odd difference is cut as
// torchvision's center_crop does, half rounded to even. side <= both sides.
RgbImage CenterCrop(const RgbImage& image, int side);

RgbImage FlipHorizontal(const RgbImage& image);

// out[h,w,c] = (pixel / 255 - mean[c]) / std[c]; `out` is dense.
void NormalizeInto(const RgbImage& image, const std::array<float, 3>& mean,
                   const std::array<float, 3>& std, View<float> out);

// The box of torchvision's RandomResizedCrop: area and logarithm of the ratio
// uniform in their ranges; after ten that do not fit, the largest middle box
// whose ratio is in its range.
Box DrawCrop(int width, int height, const TransformOptions& options, Rng& rng);

// `image` at resize x resize; what a loader keeps, since both transforms below
// begin with it and leave an image of that size as it is.
RgbImage ResizeFirst(const RgbImage& image, const TransformOptions& options);

// Resize, random resized crop, flip, RandAugment, normalisation. Draws from
// `rng` alone. `out` is [crop,crop,3], dense. `options` are valid.
void TrainTransform(const RgbImage& image, const TransformOptions& options,
                    Rng rng, View<float> out);

// Resize, centre crop, normalisation.
void TestTransform(const RgbImage& image, const TransformOptions& options,
                   View<float> out);

}  // namespace rtfq

#endif  // RTFQ_DATA_TRANSFORMS_H_
