// Lower resolutions of a training crop, as tensors (files are resized by
// rtfq/data, as Pillow does).
#ifndef RTFQ_OPS_RESIZE_BILINEAR_H_
#define RTFQ_OPS_RESIZE_BILINEAR_H_

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// Bilinear interpolation with aligned corners (AnyDA's way): output row i of h
// reads position i * (H - 1) / (h - 1) between the input rows, columns alike;
// one output row reads position 0. x [N,H,W,C] -> y [N,h,w,C], dense, all sides
// >= 1. Equal sizes copy.
void ResizeAlignCorners(const ThreadPool& threads, View<const float> x,
                        View<float> y);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_RESIZE_BILINEAR_H_
