// The exact integer convolution of 4-bit codes by Winograd's algorithm.
#ifndef RTFQ_OPS_CONV2D_WINOGRAD_H_
#define RTFQ_OPS_CONV2D_WINOGRAD_H_

#include <cstdint>
#include <string>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/code_tiles.h"
#include "rtfq/ops/conv2d_code_kernel.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/sum_block.h"

namespace rtfq::ops {

// 3x3 convolutions with stride 1 in 16/36 of the products (winograd.h): the
// output is cut into tiles of 2x2 pixels, and each of 16 positions is a matrix
// product over the input channels, by the tiles of code_tiles.h. Inputs are
// transformed by each block that reads them, so nothing but codes and sums
// passes through memory. Immutable; needs AVX-512 with VNNI.
class Conv2dWinograd : public Conv2dCodeKernel {
 public:
  // Whether it computes such a convolution, and in clearly less time (measured:
  // docs/performance.md).
  static bool Suits(const Conv2dGeometry& geometry, BitWidth bits, Sign sign);

  // 3x3, stride 1, padding 1, of a multiple of 4 input channels, for 4-bit
  // codes; `engine` must outlive it.
  Conv2dWinograd(const Engine& engine, const Conv2dGeometry& geometry);

  std::string Description() const override;
  int64_t packed_bytes() const override {
    return PanelAt(geometry_.out_channels);
  }
  void Pack(View<const int8_t> w_codes, void* packed) const override;
  void Forward(View<const uint8_t> x_codes, const void* packed,
               SumReader reader, View<const float> beside) const override;

 private:
  // A part of the output: tiles [first_tile, first_tile + tiles), counted over
  // [N,side,side], by some channels.
  struct Block {
    int64_t first_tile = 0, tiles = 0;
    int64_t first_channel = 0, channels = 0;
  };

  // Panels hold TileChannels() output channels, and of each position what their
  // sums begin with and their weights.
  int64_t PanelAt(int64_t channel) const;
  int64_t PositionBytes(int64_t channels) const;
  void PackPanel(const int8_t* w, int64_t channels, int8_t* panel) const;
  // Tiles a side.
  int64_t side() const;
  // The block's inputs, [16][tiles][I]; `zeros` [I] is a pixel of the padding.
  void TransformBlock(const uint8_t* x_codes, const uint8_t* zeros,
                      const Block& block, uint8_t* out) const;
  // Where there are `down` blocks of tiles.
  int64_t ChannelsOfBlock(int64_t down) const;
  // Sums of `channels` behind the panel's first, of all positions, to those of
  // the block's pixels, [tiles * 4][64]: of each row of tiles its
  // upper pixels, then its lower ones.
  void SumPanel(const uint8_t* inputs, const int8_t* panel, const Block& block,
                int64_t channels, int32_t* sums) const;
  void Read(const Block& block, const int32_t* sums, SumReader reader) const;

  const Engine& engine_;
  const Conv2dGeometry geometry_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_WINOGRAD_H_
