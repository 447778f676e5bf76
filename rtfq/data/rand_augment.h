// RandAugment with FixMatch's pool.
#ifndef RTFQ_DATA_RAND_AUGMENT_H_
#define RTFQ_DATA_RAND_AUGMENT_H_

#include "rtfq/core/random.h"
#include "rtfq/data/image.h"

namespace rtfq {

// The largest magnitude; see RandAugment.
inline constexpr int kMaxRandAugmentMagnitude = 10;

// Draws `n` operations, with repetition, and applies each with probability 1/2
// (Cubuk et al., arXiv 1909.13719, with the pool and the ranges of FixMatch,
// arXiv 2001.07685, without its cutout, as AnyDA trains). Each has a magnitude
// v, uniform over the integers 1..m-1; 2 <= m <= 10:
//
//   AutoContrast, Equalize, Identity         no magnitude
//   Brightness, Color, Contrast, Sharpness   factor 0.09 v + 0.05
//   Posterize                                floor(0.4 v) + 4 bits
//   Rotate                                   +-3 v degrees
//   ShearX, ShearY                           slope +-0.03 v
//   Solarize                                 threshold 256 - floor(25.6 v)
//   TranslateX, TranslateY                   +-0.03 v of the side
RgbImage RandAugment(RgbImage image, int n, int m, Rng& rng);

}  // namespace rtfq

#endif  // RTFQ_DATA_RAND_AUGMENT_H_
