// Which pixels of a convolution are multiplied block by block.
#ifndef RTFQ_OPS_CONV2D_PIXEL_BLOCKS_H_
#define RTFQ_OPS_CONV2D_PIXEL_BLOCKS_H_

#include <cstdint>

#include "rtfq/ops/bf16.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/pair_blocks.h"

namespace rtfq::ops {

// Lines of pixels as steps of pairs, cut into blocks (pair_blocks.h), of some
// images of x [N,H,W,I] and dy [N,P,Q,O]. Lines of an odd number of pixels end
// with a zero. The steps of all lines of an image follow each other without a
// gap, in dy filled up with zeros to whole blocks, so that a block may begin
// and end within a line. With a stride, lines of x lie in the order of their
// remainder by it, so that those of one row of the window are adjacent too.
//
// An image of a 1x1 convolution is one line, any kBlockPixels pixels of the
// batch; the last one may lack some.
class Conv2dPixelBlocks {
 public:
  explicit Conv2dPixelBlocks(const Conv2dGeometry& geometry);

  // Some images.
  struct Part {
    int64_t first, images;
  };
  int64_t batch() const { return batch_; }  // images
  // Of an image's dy.
  int64_t blocks() const { return blocks_; }
  // Of an image's x.
  int64_t steps() const { return in_lines_ * steps_; }
  // Where in an image's x the window's row u begins.
  int64_t StepOf(int64_t u) const;

  int64_t OfX(int64_t images) const;
  int64_t OfDy(int64_t images) const { return images * blocks_; }
  // The kBlockPixels pixels of block `block` of a part, null for zeros: of x,
  // all of it, as the window's column v reads it, and of dy.
  template <typename T>
  void FindX(const T* x, const Part& part, int64_t block, int64_t v,
             const T** pixels) const;
  void FindDy(const Bf16* dy, const Part& part, int64_t block,
              const Bf16** pixels) const;

 private:
  // The line, counted from the padding's first, that lies at `place` among an
  // image's lines of x.
  int64_t LineAt(int64_t place) const;
  // Line `line` of all lines of a part's x, or null.
  template <typename T>
  const T* LineOfX(const T* x, const Part& part, int64_t line) const;
  template <typename T>
  void FindPoints(const T* x, int64_t block, const T** pixels) const;

  const Conv2dGeometry geometry_;
  const bool points_;  // 1x1
  const int64_t batch_;
  const int64_t in_lines_, out_lines_, line_pixels_;
  const int64_t steps_;  // of a line
  const int64_t blocks_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_PIXEL_BLOCKS_H_
