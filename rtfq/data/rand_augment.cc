#include "rtfq/data/rand_augment.h"

#include <utility>

#include "rtfq/core/check.h"
#include "rtfq/data/augment_ops.h"

namespace rtfq {
namespace {

// In the order of FixMatch's pool.
enum class Operation {
  kAutoContrast,
  kBrightness,
  kColor,
  kContrast,
  kEqualize,
  kIdentity,
  kPosterize,
  kRotate,
  kSharpness,
  kShearX,
  kShearY,
  kSolarize,
  kTranslateX,
  kTranslateY,
};
constexpr int kNumOperations = static_cast<int>(Operation::kTranslateY) + 1;

RgbImage Apply(Operation operation, int magnitude, double sign,
               RgbImage image) {
  const double v = static_cast<double>(magnitude) / kMaxRandAugmentMagnitude;
  const float factor = static_cast<float>(0.9 * v + 0.05);
  switch (operation) {
    case Operation::kAutoContrast:
      return AutoContrast(image);
    case Operation::kBrightness:
      return Brightness(image, factor);
    case Operation::kColor:
      return Color(image, factor);
    case Operation::kContrast:
      return Contrast(image, factor);
    case Operation::kEqualize:
      return Equalize(image);
    case Operation::kIdentity:
      return image;
    case Operation::kPosterize:
      return Posterize(image, magnitude * 4 / kMaxRandAugmentMagnitude + 4);
    case Operation::kRotate:
      return Rotate(image, sign * 3 * magnitude);
    case Operation::kSharpness:
      return Sharpness(image, factor);
    case Operation::kShearX:
      return ShearX(image, sign * 0.3 * v);
    case Operation::kShearY:
      return ShearY(image, sign * 0.3 * v);
    case Operation::kSolarize:
      return Solarize(image, 256 - magnitude * 256 / kMaxRandAugmentMagnitude);
    case Operation::kTranslateX:
      return TranslateX(image, static_cast<int>(sign * 0.3 * v * image.width));
    case Operation::kTranslateY:
      return TranslateY(image, static_cast<int>(sign * 0.3 * v * image.height));
  }
  RTFQ_CHECK(false);
}

}  // namespace

RgbImage RandAugment(RgbImage image, int n, int m, Rng& rng) {
  RTFQ_CHECK(n >= 0 && m >= 2 && m <= kMaxRandAugmentMagnitude);
  for (int i = 0; i < n; ++i) {
    const Operation operation =
        static_cast<Operation>(rng.Below(kNumOperations));
    const int magnitude = 1 + static_cast<int>(rng.Below(m - 1));
    const double sign = rng.Uniform() < 0.5 ? -1 : 1;
    if (rng.Uniform() < 0.5) {
      image = Apply(operation, magnitude, sign, std::move(image));
    }
  }
  return image;
}

}  // namespace rtfq
