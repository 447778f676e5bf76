// A batch at every resolution of the search space.
#ifndef RTFQ_OPS_IMAGES_AT_H_
#define RTFQ_OPS_IMAGES_AT_H_

#include <map>

#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/resize_bilinear.h"

namespace rtfq::ops {

// Resizes images [N,R,R,3] to lower resolutions, each once (bilinear,
// align_corners, [A]).
class ImagesAt {
 public:
  // `threads` must outlive this.
  ImagesAt(const ThreadPool& threads, const Tensor& images)
      : threads_(threads), images_(images) {}

  const Tensor& Resolution(int resolution) {
    if (images_.shape()[1] == resolution) return images_;
    Tensor& resized = resized_[resolution];
    if (resized.empty()) {
      resized = Tensor::Uninitialized(
          {images_.shape()[0], resolution, resolution, images_.shape()[3]});
      ResizeAlignCorners(threads_, images_, resized);
    }
    return resized;
  }

 private:
  const ThreadPool& threads_;
  const Tensor images_;
  std::map<int, Tensor> resized_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_IMAGES_AT_H_
