// The gradient of a convolution by its weights, in bf16, by AMX.
#ifndef RTFQ_OPS_CONV2D_AMX_WEIGHTS_H_
#define RTFQ_OPS_CONV2D_AMX_WEIGHTS_H_

#include <cstdint>
#include <string>

#include "rtfq/core/engine.h"
#include "rtfq/ops/conv2d_bf16_weights.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/conv2d_pixel_blocks.h"
#include "rtfq/ops/pair_blocks.h"

namespace rtfq::ops {

//   dw[o,i,u,v] = sum over n,p,q of dy[n,p,q,o] * x[n,p',q',i]
//
// (conv2d_geometry.h) is a matrix product for each (u,v), whose inner index is
// the pixel. The batch is taken a few images at a time: their dy and, for each
// column v of the window, their x are written as blocks
// (conv2d_pixel_blocks.h) that stay in a cache, and tiles add to one dw.
//
// Needs AMX with bf16, and AVX-512.
class Conv2dAmxWeights : public Conv2dBf16Weights {
 public:
  // `engine` must outlive it.
  Conv2dAmxWeights(const Engine& engine, const Conv2dGeometry& geometry);

  // Not where the window's columns are too many to copy x for each of them.
  static bool Suits(const Conv2dGeometry& geometry);

  void Run(View<const uint8_t> x_codes, Sign sign, View<const Bf16> dy,
           View<float> dw) const override;
  void Run(View<const Bf16> x, View<const Bf16> dy,
           View<float> dw) const override;
  std::string Description() const override;

 private:
  using Part = Conv2dPixelBlocks::Part;
  // The panels of a part; those of x for each column of the window.
  struct Panels {
    Bf16Pair *x, *dy;
  };
  // What a thread computes at a time of dw, for all of the window; its sums are
  // [rows of a task][K][K][two tiles' columns].
  struct Block {
    int64_t row, rows, column;
  };
  int64_t ImagesAtOnce() const;
  int64_t TaskRows() const;
  int64_t BlockSums() const;
  int64_t PairsOfX(int64_t images) const;  // for one column of the window
  int64_t PairsOfDy(int64_t images) const;

  // T is uint8_t, int8_t or Bf16.
  template <typename T>
  void RunOn(View<const T> x, View<const Bf16> dy, View<float> dw) const;
  template <typename T>
  void Pack(const T* x, const Bf16* dy, const Part& part,
            const Panels& panels) const;
  // `sums` is null if the part is all of the batch; after the last part they
  // are in dw.
  void Multiply(const Panels& panels, const Part& part, float* sums,
                View<float> dw) const;
  void MultiplyBlock(const Panels& panels, const Part& part, const Block& block,
                     float* sums) const;
  template <int kArea>  // of the window
  void Unpack(const float* sums, const Block& block, float* dw) const;

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  const int64_t rows_, columns_;  // output and input channels, padded
  const Conv2dPixelBlocks blocks_;
  const int64_t images_;  // at a time
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_AMX_WEIGHTS_H_
