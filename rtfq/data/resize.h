// Pillow's antialiased bilinear resizing, byte for byte.
#ifndef RTFQ_DATA_RESIZE_H_
#define RTFQ_DATA_RESIZE_H_

#include "rtfq/data/image.h"

namespace rtfq {

// A rectangle of pixels; `left` and `top` are inside it, the other ends not.
struct Box {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// `image` at width x height (each >= 1), as Pillow's Image.resize with
// BILINEAR:
//
//   out[i] = sum over j of k[i,j] in[j],
//   k[i,j] ~ max(0, 1 - |j + 1/2 - (i + 1/2) s| / max(s,1)), s = from / to,
//
// each row of k with sum 1, first along rows and then along columns, weights in
// 22-bit fixed point and every pass rounded to 8 bits. A side that stays as it
// is takes no pass.
RgbImage ResizeBilinear(const RgbImage& image, int width, int height);

// The same of the part of `image` inside `box`; pixels outside it have no
// influence (torchvision's resized_crop).
RgbImage CropAndResizeBilinear(const RgbImage& image, const Box& box, int width,
                               int height);

}  // namespace rtfq

#endif  // RTFQ_DATA_RESIZE_H_
