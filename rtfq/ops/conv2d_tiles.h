// The exact integer convolution of codes by tiles of our own.
#ifndef RTFQ_OPS_CONV2D_TILES_H_
#define RTFQ_OPS_CONV2D_TILES_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/code_tiles.h"
#include "rtfq/ops/conv2d_code_kernel.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/sum_block.h"
#include "rtfq/ops/tile_windows.h"

namespace rtfq::ops {

// A matrix product without the matrix: each row of a pixel's window is a run of
// adjacent codes in the image (tile_windows.h). Ours, because sums are handed
// over while they are in a cache, and because oneDNN's kernels for AVX2 spend
// three instructions on 32 products of any number of bits and would need two
// passes for 8. Immutable; needs the instructions of `set`.
class Conv2dTiles : public Conv2dCodeKernel {
 public:
  // Codes as in Conv2dInt8Plan::Create(); `engine` must outlive it.
  Conv2dTiles(const Engine& engine, const Conv2dGeometry& geometry,
              BitWidth bits, Sign sign, TileSet set);

  std::string Description() const override;
  int64_t packed_bytes() const override {
    return PanelAt(geometry_.out_channels);
  }
  void Pack(View<const int8_t> w_codes, void* packed) const override;
  void Forward(View<const uint8_t> x_codes, const void* packed,
               SumReader reader, View<const float> beside) const override;
  bool PairsWith(const Conv2dCodeKernel& other) const override;
  void ForwardPair(const PackedInput& input, const Conv2dCodeKernel& other,
                   const PackedInput& other_input,
                   SumPairReader reader) const override;

 private:
  // `w` begins with the panel's first channel. A panel is what its sums begin
  // with, where they do not with 0, and its weights.
  void PackPanel(const int8_t* w, int64_t channels, int8_t* panel) const;
  // Bytes before the panel that begins with this output channel, a multiple of
  // TileChannels(), or of all.
  int64_t PanelAt(int64_t channel) const;
  int64_t StartBytes(int64_t channels) const;
  int64_t pixels() const {
    return geometry_.y_shape().count() / geometry_.out_channels;
  }
  // body(block) for all blocks, without their sums.
  void ForBlocks(absl::FunctionRef<void(const SumBlock&)> body) const;
  // The block with its sums, in `sums`.
  SumBlock Sum(const TileWindows::Image& image, const void* packed,
               SumBlock block, const float* beside, int32_t* sums) const;

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  const BitWidth bits_;
  const TileKind kind_;
  const TileWindows windows_;
  const int64_t segment_codes_;  // of a row of the window
  const int64_t steps_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_TILES_H_
