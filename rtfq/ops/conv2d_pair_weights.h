// The gradient of a convolution by its weights, in bf16, by AVX-512.
#ifndef RTFQ_OPS_CONV2D_PAIR_WEIGHTS_H_
#define RTFQ_OPS_CONV2D_PAIR_WEIGHTS_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/conv2d_bf16_weights.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/pair_tiles.h"

namespace rtfq::ops {

//   dw[o,i,u,v] = sum over n,p,q of dy[n,p,q,o] * x[n,p',q',i]
//
// (conv2d_geometry.h) is a matrix product for each (u,v), whose inner index is
// the pixel. The batch is taken a few images at a time: their dy and, for each
// column v of the window, their x are written as panels of pairs of pixels
// that stay in a cache (lines of an odd number of pixels end with a zero), and
// tiles add to one dw. Ours, because oneDNN's gradient reaches half of what
// the processor multiplies, and needs a dw for each thread or part.
//
// Needs AVX512-BF16.
class Conv2dPairWeights : public Conv2dBf16Weights {
 public:
  // `engine` must outlive it.
  Conv2dPairWeights(const Engine& engine, const Conv2dGeometry& geometry);

  // Not where the window's columns are too many to copy x for each of them.
  static bool Suits(const Conv2dGeometry& geometry);

  void Run(View<const uint8_t> x_codes, Sign sign, View<const Bf16> dy,
           View<float> dw) const override;
  void Run(View<const Bf16> x, View<const Bf16> dy,
           View<float> dw) const override;
  std::string Description() const override;

 private:
  // Panels of some images, each [steps, its channels], one behind the other.
  struct Panels {
    Bf16Pair* pairs;
    int64_t channels, panel_channels;
    int64_t steps;  // of all lines

    Bf16Pair* Of(int64_t first_channel) const {
      return pairs + first_channel * steps;
    }
    int64_t WidthOf(int64_t first_channel) const {
      return std::min(panel_channels, channels - first_channel);
    }
  };
  // x as the window's column v reads it.
  Panels XPanels(Bf16Pair* memory, int64_t images, int64_t v) const;
  Panels DyPanels(Bf16Pair* memory, int64_t images) const;
  int64_t PairsOfX(int64_t images) const;
  // T is uint8_t, int8_t or Bf16.
  template <typename T>
  void RunOn(View<const T> x, View<const Bf16> dy, View<float> dw) const;
  template <typename T>
  void PackX(const T* x, int64_t images, Bf16Pair* memory) const;
  void PackDy(const Bf16* dy, int64_t images, Bf16Pair* memory) const;
  // Pixel q of line l of a padded image, or null.
  template <typename T>
  const T* PixelOfX(const T* image, int64_t l, int64_t v, int64_t q) const;
  void Multiply(Bf16Pair* x, Bf16Pair* dy, int64_t images, bool add,
                float* sums) const;
  void Unpack(const float* sums, View<float> dw) const;

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  const Conv2dGeometry run_;      // without skipped pixels
  const int64_t rows_, columns_;  // output and input channels, padded
  // A 1x1 convolution's image is one line.
  const int64_t in_lines_, out_lines_, line_pixels_;
  const int64_t steps_;   // of a line
  const int64_t images_;  // at a time
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_PAIR_WEIGHTS_H_
