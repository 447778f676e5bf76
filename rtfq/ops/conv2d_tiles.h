// The exact integer convolution of codes by tiles of our own.
#ifndef RTFQ_OPS_CONV2D_TILES_H_
#define RTFQ_OPS_CONV2D_TILES_H_

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

// A matrix product without the matrix: each row of a pixel's window is a run of
// adjacent codes in the image (NHWC), so a tile of pixels needs only to know
// where their windows begin. Images are copied first where they must be padded
// or widened to 16 bits. Ours, because sums are handed over while they are in a
// cache, and because oneDNN's kernels for AVX2 spend three instructions on 32
// products of any number of bits and would need two passes for 8. Immutable;
// needs AVX2, or AVX-512 with VNNI where `vnni` says so.
class Conv2dTiles : public Conv2dCodeKernel {
 public:
  // Codes as in Conv2dInt8Plan::Create(); `engine` must outlive it.
  Conv2dTiles(const Engine& engine, const Conv2dGeometry& geometry,
              BitWidth bits, Sign sign, bool vnni);

  std::string Description() const override;
  int64_t packed_bytes() const override {
    return PanelAt(geometry_.out_channels);
  }
  void Pack(View<const int8_t> w_codes, void* packed) const override;
  void Forward(View<const uint8_t> x_codes, const void* packed,
               SumReader reader, View<const float> beside) const override;

 private:
  // The image that windows lie in: the codes themselves or a copy.
  struct Image {
    const uint8_t* data;
    int64_t side, stride;  // of the windows in it, pixels
    int64_t pixel_bytes;
  };
  struct Blocks {
    int64_t pixels, channels;  // of a block
    int64_t down, across;      // how many
  };

  // `w` begins with the panel's first channel.
  void PackPanel(const int8_t* w, int64_t channels, int8_t* panel) const;
  bool ReadsInPlace() const;
  int64_t copied_side() const;
  Image Copied(View<const uint8_t> x_codes, uint8_t* memory) const;
  void CopyRow(const uint8_t* x_codes, int64_t row, uint8_t* to) const;
  Blocks CutIntoBlocks() const;
  // Where the windows of `count` pixels begin.
  void FindWindows(const Image& image, int64_t first, int64_t count,
                   const void** windows) const;
  void RunBlock(const Image& image, const uint8_t* packed, SumBlock block,
                SumReader reader, const float* beside) const;
  // Bytes before the panel that begins with this output channel, a multiple of
  // TileChannels(), or of all.
  int64_t PanelAt(int64_t channel) const;

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  const BitWidth bits_;
  const Sign sign_;
  const TileKind kind_;
  const int64_t segment_codes_;  // of a row of the window
  const int64_t steps_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_TILES_H_
