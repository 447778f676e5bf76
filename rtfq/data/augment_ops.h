// The image operations RandAugment draws from, each equal to Pillow's byte for
// byte (Pillow's module and function are named beside it). Pixels that come
// from outside the image are black.
#ifndef RTFQ_DATA_AUGMENT_OPS_H_
#define RTFQ_DATA_AUGMENT_OPS_H_

#include "rtfq/data/image.h"

namespace rtfq {

// ImageOps.autocontrast: each channel's range is stretched to 0..255.
RgbImage AutoContrast(const RgbImage& image);
// ImageOps.equalize: each channel's histogram is made flat.
RgbImage Equalize(const RgbImage& image);
// ImageOps.posterize: the upper `bits` (1..8) of each value are kept.
RgbImage Posterize(const RgbImage& image, int bits);
// ImageOps.solarize: values at or above `threshold` are inverted.
RgbImage Solarize(const RgbImage& image, int threshold);

// ImageEnhance: factor 0 is the degenerate image named, 1 the image itself, and
// between them is their mixture; factors are in [0,1].
RgbImage Brightness(const RgbImage& image, float factor);  // black
RgbImage Color(const RgbImage& image, float factor);       // grey image
RgbImage Contrast(const RgbImage& image, float factor);    // its mean grey
RgbImage Sharpness(const RgbImage& image, float factor);   // smoothed image

// Image.rotate about the middle, counterclockwise, -90 < degrees < 90.
RgbImage Rotate(const RgbImage& image, double degrees);
// Image.transform(AFFINE): out[y,x] = in[y, x + slope*y] and in[y + slope*x,
// x].
RgbImage ShearX(const RgbImage& image, double slope);
RgbImage ShearY(const RgbImage& image, double slope);
// out[y,x] = in[y, x + pixels] and in[y + pixels, x].
RgbImage TranslateX(const RgbImage& image, int pixels);
RgbImage TranslateY(const RgbImage& image, int pixels);

}  // namespace rtfq

#endif  // RTFQ_DATA_AUGMENT_OPS_H_
