// The exact integer convolution of codes by AMX tiles.
#ifndef RTFQ_OPS_CONV2D_AMX_H_
#define RTFQ_OPS_CONV2D_AMX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/amx_tiles.h"
#include "rtfq/ops/conv2d_code_kernel.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/sum_block.h"

namespace rtfq::ops {

// A matrix product whose rows, the windows of adjacent output pixels, lie at
// equal distances, as the tile registers want them. 1x1 convolutions read the
// codes where they are; for others each input row is copied once as the runs of
// K * I codes that its windows read, padding included. Ours, because sums are
// handed over while they are in a cache. Immutable; needs AMX with int8.
class Conv2dAmx : public Conv2dCodeKernel {
 public:
  // Codes as in Conv2dInt8Plan::Create(); `engine` must outlive it.
  Conv2dAmx(const Engine& engine, const Conv2dGeometry& geometry, Sign sign);

  std::string Description() const override;
  int64_t packed_bytes() const override;
  void Pack(View<const int8_t> w_codes, void* packed) const override;
  void Forward(View<const uint8_t> x_codes, const void* packed,
               SumReader reader, View<const float> beside) const override;
  bool PairsWith(const Conv2dCodeKernel& other) const override;
  void ForwardPair(const PackedInput& input, const Conv2dCodeKernel& other,
                   const PackedInput& other_input,
                   SumPairReader reader) const override;

 private:
  // Where the windows' rows lie: of image n and output pixel f = p * Q + q at
  // data + n * image_bytes + f * pixel_bytes_ + offsets_[u]. Pixels of images
  // that lie one behind the other may count as those of one.
  struct Rows {
    const uint8_t* data;
    int64_t images, pixels;  // of an image
    int64_t image_bytes;
  };

  bool ReadsInPlace() const;
  int64_t image_pixels() const {
    return geometry_.out_size() * geometry_.out_size();
  }
  // Rows of an image that are copied, and where row r is put among them.
  int64_t copied_rows() const {
    return geometry_.in_size + 2 * geometry_.padding;
  }
  int64_t copied_bytes() const;
  int64_t PlaceOf(int64_t row) const;
  void CopyRow(const uint8_t* x_codes, int64_t row, uint8_t* to) const;
  // In `memory` of copied_bytes() unless the codes are read in place.
  Rows RowsOf(View<const uint8_t> x_codes, uint8_t* memory) const;
  // body(tiles, image, block) for all blocks, without their sums.
  void ForBlocks(
      const Rows& rows,
      absl::FunctionRef<void(AmxTiles&, int64_t, const SumBlock&)> body) const;
  // The block with its sums, in `sums`, its pixels counted over all images.
  SumBlock Sum(AmxTiles& tiles, const Rows& rows, const void* packed,
               int64_t image, SumBlock block, const float* beside,
               int32_t* sums) const;
  int64_t panel_bytes() const {
    return geometry_.kernel * AmxPanelBytes(pixel_bytes_);
  }

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  const Sign sign_;
  const int64_t pixel_bytes_;  // codes of a row of a window
  std::vector<int64_t> offsets_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_AMX_H_
