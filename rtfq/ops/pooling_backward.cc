#include "rtfq/ops/pooling_backward.h"

#include <algorithm>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/pooling.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// The at most four windows that read a pixel, and as which of their taps; one
// that is missing has a tap that never wins.
struct Readers {
  const uint8_t* winner[4];
  const float* dy[4];
  int32_t tap[4];
};

RTFQ_MULTIVERSION
void GatherKernel(const Readers& readers, int64_t channels,
                  float* __restrict dx) {
  RTFQ_VECTORIZE
  for (int64_t c = 0; c < channels; ++c) {
    float sum = 0;
    for (int i = 0; i < 4; ++i) {
      const int32_t winner = readers.winner[i][c];
      const float dy = readers.dy[i][c];
      sum += winner == readers.tap[i] ? dy : 0.0f;
    }
    dx[c] = sum;
  }
}

// The windows of `winner` and `dy` [P,Q,C] that read pixel (h, w): those whose
// tap (u, v) = (h + 1 - 2p, w + 1 - 2q) lies in 0..2.
Readers ReadersOf(const uint8_t* winner, const float* dy, const Shape& windows,
                  int64_t h, int64_t w) {
  const int64_t rows = windows[1], columns = windows[2], channels = windows[3];
  constexpr int32_t kNever = 255;
  Readers readers;
  for (int i = 0; i < 4; ++i) {
    const int64_t p = h / 2 + i / 2;
    const int64_t q = w / 2 + i % 2;
    const int64_t u = h + 1 - 2 * p;
    const int64_t v = w + 1 - 2 * q;
    const bool reads = p < rows && q < columns && u >= 0 && v >= 0;
    const int64_t at = reads ? (p * columns + q) * channels : 0;
    readers.winner[i] = winner + at;
    readers.dy[i] = dy + at;
    readers.tap[i] = reads ? static_cast<int32_t>(3 * u + v) : kNever;
  }
  return readers;
}

// Rows of one [.., width, channels] that make a thread's portion.
int64_t RowGrain(const Shape& shape) {
  return std::max<int64_t>(1,
                           kGrain / std::max<int64_t>(1, shape[2] * shape[3]));
}

}  // namespace

void MaxPoolBackward(const ThreadPool& threads, View<const uint8_t> winner,
                     View<const float> dy, View<float> dx) {
  const Shape& x = dx.shape();
  RTFQ_CHECK(x.rank() == 4 && x[1] >= 1 && x[2] >= 1);
  RTFQ_CHECK(dy.shape() ==
             Shape({x[0], MaxPoolSize(x[1]), MaxPoolSize(x[2]), x[3]}));
  RTFQ_CHECK(winner.shape() == dy.shape());
  RTFQ_CHECK(winner.IsDense() && dy.IsDense() && dx.IsDense());
  const int64_t image = dy.shape()[1] * dy.shape()[2] * dy.shape()[3];
  const int64_t height = dx.shape()[1];
  const int64_t width = dx.shape()[2];
  const int64_t channels = dx.shape()[3];
  threads.For(dx.shape()[0] * height, RowGrain(dx.shape()),
              [&](int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; ++row) {
                  const int64_t n = row / height;
                  for (int64_t w = 0; w < width; ++w) {
                    GatherKernel(ReadersOf(winner.data() + n * image,
                                           dy.data() + n * image, dy.shape(),
                                           row % height, w),
                                 channels,
                                 dx.data() + (row * width + w) * channels);
                  }
                }
              });
}

void GlobalAveragePoolBackward(const ThreadPool& threads, View<const float> dy,
                               View<float> dx) {
  RTFQ_CHECK(dx.shape().rank() == 4 && dx.IsDense() && dy.IsDense());
  const int64_t pixels = dx.shape()[1] * dx.shape()[2];
  const int64_t channels = dx.shape()[3];
  RTFQ_CHECK(dy.shape() == Shape({dx.shape()[0], channels}) && pixels >= 1);
  threads.For(dx.shape()[0], 1, [&](int64_t begin, int64_t end) {
    std::vector<float> row(channels);
    for (int64_t n = begin; n < end; ++n) {
      for (int64_t c = 0; c < channels; ++c) {
        row[c] = dy.data()[n * channels + c] / static_cast<float>(pixels);
      }
      for (int64_t i = 0; i < pixels; ++i) {
        std::copy(row.begin(), row.end(),
                  dx.data() + (n * pixels + i) * channels);
      }
    }
  });
}

}  // namespace rtfq::ops
