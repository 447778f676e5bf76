// 1x1 convolutions with a stride, without their stride.
#ifndef RTFQ_OPS_SKIPPED_PIXELS_H_
#define RTFQ_OPS_SKIPPED_PIXELS_H_

#include <algorithm>
#include <cstdint>

#include "rtfq/core/parallel.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::ops {

// A 1x1 convolution that skips pixels reads only those it does not skip, so it
// is one without stride on fewer pixels. For oneDNN 3.7 it must be: its kernels
// gather the pixels themselves, for codes into memory of which, on AVX2,
// threads overwrite each other's part at some numbers of channels (40 and 152
// are two), for the weights' gradient into a buffer that is too small where the
// channels are no multiple of its vectors.
inline bool SkipsPixels(const Conv2dGeometry& g) {
  return g.kernel == 1 && g.padding == 0 && g.stride > 1;
}

inline Conv2dGeometry WithoutSkipping(Conv2dGeometry g) {
  if (SkipsPixels(g)) {
    g.in_size = g.out_size();
    g.stride = 1;
  }
  return g;
}

// The pixels of x [N,H,W,I] that are not skipped, [N,P,Q,I].
template <typename T>
void GatherPixels(const ThreadPool& threads, const Conv2dGeometry& g,
                  const T* x, T* gathered) {
  constexpr int64_t kRows = 16;  // worth handing to a thread
  const int64_t side = g.out_size();
  const int64_t channels = g.in_channels;
  threads.For(g.batch * side, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {  // n * P + p
      const int64_t n = row / side, p = row % side;
      const T* from = x + (n * g.in_size + p * g.stride) * g.in_size * channels;
      T* to = gathered + row * side * channels;
      for (int64_t q = 0; q < side; ++q) {
        std::copy_n(from + q * g.stride * channels, channels,
                    to + q * channels);
      }
    }
  });
}

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_SKIPPED_PIXELS_H_
