// Where the windows of a convolution begin, for the tiles of code_tiles.h.
#ifndef RTFQ_OPS_TILE_WINDOWS_H_
#define RTFQ_OPS_TILE_WINDOWS_H_

#include <cstdint>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/code_tiles.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::ops {

// A row of a window is a run of adjacent codes of an image (NHWC): the codes
// themselves, or a copy of them where they must be padded, widened to 16 bits
// or made unsigned. Immutable.
class TileWindows {
 public:
  TileWindows(const Conv2dGeometry& geometry, TileKind kind, Sign sign);

  // The image that windows lie in.
  struct Image {
    const uint8_t* data;
    int64_t side, stride;  // of the windows in it, pixels
    int64_t pixel_bytes;
    int64_t row_bytes() const { return side * pixel_bytes; }
  };

  // Of the copy; 0 where the codes are read where they are.
  int64_t copied_bytes() const;
  // Of x_codes [N,H,W,I], dense; a copy lies in `memory` of copied_bytes().
  Image Of(const ThreadPool& threads, View<const uint8_t> x_codes,
           uint8_t* memory) const;
  // Where the windows of output pixels [first, first + count), counted over
  // [N,P,Q], begin.
  void Find(const Image& image, int64_t first, int64_t count,
            const void** windows) const;

  // Whether codes are kSignedOffset larger than they are.
  bool offset() const { return sign_ == Sign::kSigned && ReadsBytes(kind_); }

 private:
  bool ReadsInPlace() const;
  int64_t copied_side() const;
  void CopyCodes(const uint8_t* x_codes, int64_t count, uint8_t* to) const;
  void CopyRow(const uint8_t* x_codes, int64_t row, uint8_t* to) const;

  const Conv2dGeometry geometry_;
  const TileKind kind_;
  const Sign sign_;
  const int64_t pixel_bytes_;  // of a copy
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_TILE_WINDOWS_H_
