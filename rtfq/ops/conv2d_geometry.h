// The sizes of one convolution.
#ifndef RTFQ_OPS_CONV2D_GEOMETRY_H_
#define RTFQ_OPS_CONV2D_GEOMETRY_H_

#include <compare>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "rtfq/core/shape.h"

namespace rtfq::ops {

// Convolution with a square image and kernel, without groups or dilation: all
// that a ResNet needs.
//
//   y[n,p,q,o] = sum over i,u,v of w[o,i,u,v] * x[n,p',q',i]
//   with p' = p * stride + u - padding and q' = q * stride + v - padding,
//   where x outside the image is 0
struct Conv2dGeometry {
  int64_t batch = 1;
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t in_size = 0;  // height == width, in pixels
  int kernel = 1;
  int stride = 1;
  int padding = 0;

  auto operator<=>(const Conv2dGeometry&) const = default;

  int64_t out_size() const {
    return (in_size + 2 * padding - kernel) / stride + 1;
  }
  Shape x_shape() const { return {batch, in_size, in_size, in_channels}; }
  Shape w_shape() const { return {out_channels, in_channels, kernel, kernel}; }
  Shape y_shape() const {
    return {batch, out_size(), out_size(), out_channels};
  }
  // Multiply-adds of the whole batch, those with the padding's zeros included.
  int64_t macs() const {
    return y_shape().count() * in_channels * kernel * kernel;
  }
  std::string ToString() const {
    return absl::StrCat("convolution ", kernel, "x", kernel, "/", stride, " ",
                        in_channels, "->", out_channels, " at ", in_size, "x",
                        in_size, ", batch ", batch);
  }
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_GEOMETRY_H_
