#include "rtfq/ops/linear.h"

#include <algorithm>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// sum of a[i] * b[i]: 32 partial sums, then their sum.
RTFQ_MULTIVERSION
float DotKernel(const float* a, const float* b, int64_t count) {
  constexpr int kLanes = 32;
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) lanes[j] += a[i + j] * b[i + j];
  }
  for (int j = 0; i + j < count; ++j) lanes[j] += a[i + j] * b[i + j];
  double sum = 0;
  for (int j = 0; j < kLanes; ++j) sum += static_cast<double>(lanes[j]);
  return static_cast<float>(sum);
}

// y += sum over r of a[r * a_stride] * rows[r], rows `row_stride` apart.
RTFQ_MULTIVERSION
void AddRowsKernel(const float* a, int64_t a_stride, const float* rows,
                   int64_t row_stride, int64_t num_rows, int64_t count,
                   float* __restrict y) {
  int64_t r = 0;
  for (; r + 4 <= num_rows; r += 4) {
    const float a0 = a[r * a_stride];
    const float a1 = a[(r + 1) * a_stride];
    const float a2 = a[(r + 2) * a_stride];
    const float a3 = a[(r + 3) * a_stride];
    const float* x0 = rows + r * row_stride;
    const float* x1 = x0 + row_stride;
    const float* x2 = x1 + row_stride;
    const float* x3 = x2 + row_stride;
    RTFQ_VECTORIZE
    for (int64_t i = 0; i < count; ++i) {
      y[i] += (a0 * x0[i] + a1 * x1[i]) + (a2 * x2[i] + a3 * x3[i]);
    }
  }
  for (; r < num_rows; ++r) {
    const float a0 = a[r * a_stride];
    const float* x0 = rows + r * row_stride;
    RTFQ_VECTORIZE
    for (int64_t i = 0; i < count; ++i) y[i] += a0 * x0[i];
  }
}

void CheckShapes(View<const float> x, View<const float> w, View<const float> y,
                 View<const float> bias) {
  RTFQ_CHECK(x.shape().rank() == 2 && w.shape().rank() == 2);
  RTFQ_CHECK(x.shape()[1] == w.shape()[1]);
  RTFQ_CHECK(y.shape() == Shape({x.shape()[0], w.shape()[0]}));
  RTFQ_CHECK(bias.shape() == Shape({w.shape()[0]}));
  RTFQ_CHECK(x.IsDense() && y.IsDense() && bias.IsDense());
}

// Rows that make a thread's portion when each costs `work` multiply-adds.
int64_t RowGrain(int64_t work) {
  return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, work));
}

}  // namespace

void Linear(const ThreadPool& threads, View<const float> x, View<const float> w,
            View<const float> bias, View<float> y) {
  CheckShapes(x, w, y, bias);
  const int64_t stride = RowStride(w);
  const int64_t features = x.shape()[1];
  const int64_t classes = w.shape()[0];
  threads.For(x.shape()[0], RowGrain(features * classes),
              [&](int64_t begin, int64_t end) {
                for (int64_t n = begin; n < end; ++n) {
                  for (int64_t k = 0; k < classes; ++k) {
                    y.data()[n * classes + k] =
                        DotKernel(x.data() + n * features,
                                  w.data() + k * stride, features) +
                        bias.data()[k];
                  }
                }
              });
}

void LinearBackward(const ThreadPool& threads, View<const float> x,
                    View<const float> w, View<const float> dy, View<float> dx,
                    View<float> dw, View<float> dbias) {
  CheckShapes(x, w, dy, dbias);
  RTFQ_CHECK(dx.shape() == x.shape() && dx.IsDense());
  RTFQ_CHECK(dw.shape() == w.shape());
  const int64_t images = x.shape()[0];
  const int64_t features = x.shape()[1];
  const int64_t classes = w.shape()[0];
  const int64_t stride = RowStride(w);
  const int64_t dw_stride = RowStride(dw);
  threads.For(images, RowGrain(features * classes),
              [&](int64_t begin, int64_t end) {
                for (int64_t n = begin; n < end; ++n) {
                  float* row = dx.data() + n * features;
                  std::fill_n(row, features, 0.0f);
                  AddRowsKernel(dy.data() + n * classes, 1, w.data(), stride,
                                classes, features, row);
                }
              });
  threads.For(classes, RowGrain(features * images),
              [&](int64_t begin, int64_t end) {
                // Summed apart and then added: the batch's sum should not
                // depend on what is there already.
                std::vector<float> sum(features);
                for (int64_t k = begin; k < end; ++k) {
                  std::fill(sum.begin(), sum.end(), 0.0f);
                  AddRowsKernel(dy.data() + k, classes, x.data(), features,
                                images, features, sum.data());
                  float* row = dw.data() + k * dw_stride;
                  for (int64_t f = 0; f < features; ++f) row[f] += sum[f];
                  double bias = 0;
                  for (int64_t n = 0; n < images; ++n) {
                    bias += static_cast<double>(dy.data()[n * classes + k]);
                  }
                  dbias.data()[k] += static_cast<float>(bias);
                }
              });
}

}  // namespace rtfq::ops
