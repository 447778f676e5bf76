#include "rtfq/ops/pooling.h"

#include <algorithm>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// The nine pixels a window reads, and which of its taps they are. A tap in the
// padding stands for the first tap inside, which it never beats.
struct Window {
  const float* x[9];
  int32_t tap[9];
};

// y[c] = the greatest of the nine x[c], winner[c] = the first such tap. Behind
// a NaN nothing wins but another NaN.
RTFQ_MULTIVERSION
void MaxKernel(const Window& window, int64_t channels, float* __restrict y,
               uint8_t* __restrict winner) {
  RTFQ_VECTORIZE
  for (int64_t c = 0; c < channels; ++c) {
    float best = window.x[0][c];
    int32_t tap = window.tap[0];
    for (int i = 1; i < 9; ++i) {
      const float x = window.x[i][c];
      const int32_t candidate = window.tap[i];
      const bool wins = (x > best) | (x != x);
      best = wins ? x : best;
      tap = wins ? candidate : tap;
    }
    y[c] = best;
    winner[c] = static_cast<uint8_t>(tap);
  }
}

RTFQ_MULTIVERSION
void MaxWithoutWinnerKernel(const Window& window, int64_t channels,
                            float* __restrict y) {
  RTFQ_VECTORIZE
  for (int64_t c = 0; c < channels; ++c) {
    float best = window.x[0][c];
    for (int i = 1; i < 9; ++i) {
      const float x = window.x[i][c];
      best = ((x > best) | (x != x)) ? x : best;
    }
    y[c] = best;
  }
}

// y[i] = max(a[i], b[i], c[i]).
RTFQ_MULTIVERSION
void MaxOfThreeKernel(const uint8_t* a, const uint8_t* b, const uint8_t* c,
                      int64_t count, uint8_t* __restrict y) {
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t two = a[i] > b[i] ? a[i] : b[i];
    y[i] = two > c[i] ? two : c[i];
  }
}

// sum[c] += the sum of x[r * stride + c] over all rows r, four at a time.
RTFQ_MULTIVERSION
void AddRowsKernel(const float* x, int64_t rows, int64_t stride,
                   int64_t channels, double* __restrict sum) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * stride) {
    for (int64_t c = 0; c < channels; ++c) {
      const double a = x[c], b = x[c + stride];
      const double d = x[c + 2 * stride], e = x[c + 3 * stride];
      sum[c] += (a + b) + (d + e);
    }
  }
  for (; r < rows; ++r, x += stride) {
    for (int64_t c = 0; c < channels; ++c) sum[c] += static_cast<double>(x[c]);
  }
}

// Window (p, q) of `image` [H,W,C], `shape` its [N,H,W,C].
Window WindowOf(const float* image, const Shape& shape, int64_t p, int64_t q) {
  const int64_t height = shape[1], width = shape[2], channels = shape[3];
  const int first = (p == 0 ? 3 : 0) + (q == 0 ? 1 : 0);
  Window window;
  for (int i = 0; i < 9; ++i) {
    int tap = i;
    int64_t h = 2 * p + tap / 3 - 1;
    int64_t w = 2 * q + tap % 3 - 1;
    if (h < 0 || h >= height || w < 0 || w >= width) {
      tap = first;
      h = 2 * p + tap / 3 - 1;
      w = 2 * q + tap % 3 - 1;
    }
    window.x[i] = image + (h * width + w) * channels;
    window.tap[i] = tap;
  }
  return window;
}

void CheckPooled(const Shape& x, const Shape& y) {
  RTFQ_CHECK(x.rank() == 4 && x[1] >= 1 && x[2] >= 1);
  RTFQ_CHECK(y == Shape({x[0], MaxPoolSize(x[1]), MaxPoolSize(x[2]), x[3]}));
}

// Rows of one [.., width, channels] that make a thread's portion.
int64_t RowGrain(const Shape& shape) {
  return std::max<int64_t>(1,
                           kGrain / std::max<int64_t>(1, shape[2] * shape[3]));
}

}  // namespace

void MaxPool(const ThreadPool& threads, View<const float> x, View<float> y,
             View<uint8_t> winner) {
  CheckPooled(x.shape(), y.shape());
  RTFQ_CHECK(x.IsDense() && y.IsDense() && winner.IsDense());
  const bool has_winner = winner.count() > 0;
  if (has_winner) RTFQ_CHECK(winner.shape() == y.shape());
  const int64_t image = x.shape()[1] * x.shape()[2] * x.shape()[3];
  const int64_t rows = y.shape()[1];
  const int64_t columns = y.shape()[2];
  const int64_t channels = y.shape()[3];
  threads.For(
      y.shape()[0] * rows, RowGrain(y.shape()),
      [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          for (int64_t q = 0; q < columns; ++q) {
            const int64_t at = (row * columns + q) * channels;
            const Window window = WindowOf(x.data() + row / rows * image,
                                           x.shape(), row % rows, q);
            if (has_winner) {
              MaxKernel(window, channels, y.data() + at, winner.data() + at);
            } else {
              MaxWithoutWinnerKernel(window, channels, y.data() + at);
            }
          }
        }
      });
}

void MaxPoolCodes(const ThreadPool& threads, View<const uint8_t> x,
                  View<uint8_t> y) {
  CheckPooled(x.shape(), y.shape());
  RTFQ_CHECK(x.IsDense() && y.IsDense());
  const int64_t height = x.shape()[1], width = x.shape()[2];
  const int64_t rows = y.shape()[1], columns = y.shape()[2];
  const int64_t channels = y.shape()[3];
  threads.For(
      y.shape()[0] * rows, RowGrain(y.shape()),
      [&](int64_t begin, int64_t end) {
        std::vector<uint8_t> greatest(width * channels);  // of three rows
        for (int64_t row = begin; row < end; ++row) {
          const uint8_t* image =
              x.data() + row / rows * height * width * channels;
          const int64_t h = 2 * (row % rows);
          const auto at = [&](int64_t i) {
            return image + i * width * channels;
          };
          MaxOfThreeKernel(at(std::max<int64_t>(0, h - 1)), at(h),
                           at(std::min(height - 1, h + 1)), width * channels,
                           greatest.data());
          for (int64_t q = 0; q < columns; ++q) {
            const auto of = [&](int64_t i) {
              return greatest.data() + i * channels;
            };
            MaxOfThreeKernel(of(std::max<int64_t>(0, 2 * q - 1)), of(2 * q),
                             of(std::min(width - 1, 2 * q + 1)), channels,
                             y.data() + (row * columns + q) * channels);
          }
        }
      });
}

void GlobalAveragePool(const ThreadPool& threads, View<const float> x,
                       View<float> y) {
  RTFQ_CHECK(x.shape().rank() == 4 && x.IsDense() && y.IsDense());
  const int64_t pixels = x.shape()[1] * x.shape()[2];
  const int64_t channels = x.shape()[3];
  RTFQ_CHECK(y.shape() == Shape({x.shape()[0], channels}) && pixels >= 1);
  constexpr int64_t kChannels = 256;  // that a thread takes at once
  const int64_t parts = (channels + kChannels - 1) / kChannels;
  threads.For(x.shape()[0] * parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t n = i / parts, first = i % parts * kChannels;
      const int64_t some = std::min(kChannels, channels - first);
      double sum[kChannels] = {};
      AddRowsKernel(x.data() + n * pixels * channels + first, pixels, channels,
                    some, sum);
      for (int64_t c = 0; c < some; ++c) {
        y.data()[n * channels + first + c] =
            static_cast<float>(sum[c] / static_cast<double>(pixels));
      }
    }
  });
}

}  // namespace rtfq::ops
