#include "rtfq/ops/lsq.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/code_of.h"
#include "rtfq/ops/lanes.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

RTFQ_MULTIVERSION
void FakeQuantizeKernel(const float* v, int64_t count, float step, float min,
                        float max, float* v_hat) {
  RTFQ_VECTORIZE
  for (int64_t i = 0; i < count; ++i) {
    v_hat[i] = CodeOf(v[i] / step, min, max) * step;
  }
}

RTFQ_ALWAYS_INLINE float ResidualOf(float u, float min, float max) {
  const float inside = CodeOf(u, min, max) - u;
  const float not_above = u > max ? max : inside;
  return u < min ? min : not_above;
}

RTFQ_MULTIVERSION
void ResidualKernel(const float* v, int64_t count, float step, float min,
                    float max, float* e) {
  RTFQ_VECTORIZE
  for (int64_t i = 0; i < count; ++i) e[i] = ResidualOf(v[i] / step, min, max);
}

// Writes dv and the products dv_hat * e.
RTFQ_MULTIVERSION
void BackwardKernel(const float* v, const float* dv_hat, int64_t count,
                    float step, float min, float max, float* dv,
                    float* products) {
  RTFQ_VECTORIZE
  for (int64_t i = 0; i < count; ++i) {
    const float u = v[i] / step;
    const float gradient = dv_hat[i];
    products[i] = gradient * ResidualOf(u, min, max);
    const float below_cut = u >= min ? gradient : 0.0f;
    dv[i] = u <= max ? below_cut : 0.0f;
  }
}

// One piece of FakeQuantizeBackward, in blocks whose products stay in the
// first-level cache. Returns sum(dv_hat * e).
double BackwardPiece(const float* v, const float* dv_hat, int64_t count,
                     float step, CodeRange range, float* dv) {
  constexpr int64_t kBlock = 1024;
  alignas(64) float products[kBlock];
  double lanes[kLanes] = {};
  for (int64_t i = 0; i < count; i += kBlock) {
    const int64_t size = std::min(kBlock, count - i);
    BackwardKernel(v + i, dv_hat + i, size, step, static_cast<float>(range.min),
                   static_cast<float>(range.max), dv + i, products);
    AddToLanes(products, size, lanes);
  }
  return SumOfLanes(lanes);
}

}  // namespace

void FakeQuantize(const ThreadPool& threads, View<const float> v, float step,
                  CodeRange range, View<float> v_hat) {
  RTFQ_CHECK(v.shape() == v_hat.shape());
  RTFQ_CHECK(step > 0);
  const int64_t stride = RowStride(v);
  const int64_t hat_stride = RowStride(v_hat);
  Pieces(v.shape()).ForEach(
      threads, [&](int64_t, int64_t row, int64_t begin, int64_t size) {
        FakeQuantizeKernel(v.data() + row * stride + begin, size, step,
                           static_cast<float>(range.min),
                           static_cast<float>(range.max),
                           v_hat.data() + row * hat_stride + begin);
      });
}

float FakeQuantizeBackward(const ThreadPool& threads, View<const float> v,
                           float step, CodeRange range, int64_t n,
                           View<const float> dv_hat, View<float> dv) {
  RTFQ_CHECK(v.shape() == dv_hat.shape() && v.shape() == dv.shape());
  RTFQ_CHECK(step > 0 && n > 0 && range.max > 0);
  const int64_t stride = RowStride(v);
  const int64_t hat_stride = RowStride(dv_hat);
  const int64_t dv_stride = RowStride(dv);
  const Pieces pieces(v.shape());
  std::vector<double> sums(pieces.count());
  pieces.ForEach(
      threads, [&](int64_t piece, int64_t row, int64_t begin, int64_t size) {
        sums[piece] =
            BackwardPiece(v.data() + row * stride + begin,
                          dv_hat.data() + row * hat_stride + begin, size, step,
                          range, dv.data() + row * dv_stride + begin);
      });
  const double sum = std::accumulate(sums.begin(), sums.end(), 0.0);
  return static_cast<float>(StepGradientScale(n, range) * sum);
}

void StepResidual(const ThreadPool& threads, View<const float> v, float step,
                  CodeRange range, View<float> e) {
  RTFQ_CHECK(v.shape() == e.shape() && v.IsDense() && e.IsDense());
  RTFQ_CHECK(step > 0);
  threads.For(v.count(), kGrain, [&](int64_t begin, int64_t end) {
    ResidualKernel(v.data() + begin, end - begin, step,
                   static_cast<float>(range.min), static_cast<float>(range.max),
                   e.data() + begin);
  });
}

double StepGradientScale(int64_t n, CodeRange range) {
  return 1 / std::sqrt(static_cast<double>(n) * static_cast<double>(range.max));
}

double MeanMagnitude(const ThreadPool& threads, View<const float> v) {
  if (v.count() == 0) return 0;
  const int64_t stride = RowStride(v);
  const Pieces pieces(v.shape());
  std::vector<double> sums(pieces.count());
  pieces.ForEach(
      threads, [&](int64_t piece, int64_t row, int64_t begin, int64_t size) {
        double lanes[kLanes] = {};
        AddMagnitudesToLanes(v.data() + row * stride + begin, size, lanes);
        sums[piece] = SumOfLanes(lanes);
      });
  return std::accumulate(sums.begin(), sums.end(), 0.0) /
         static_cast<double>(v.count());
}

float InitialStep(const ThreadPool& threads, View<const float> v,
                  CodeRange range) {
  return InitialStep(MeanMagnitude(threads, v), range);
}

float InitialStep(double mean_magnitude, CodeRange range) {
  RTFQ_CHECK(range.max > 0);
  const double step =
      2 * mean_magnitude / std::sqrt(static_cast<double>(range.max));
  return std::max(static_cast<float>(step), kSmallestStep);
}

}  // namespace rtfq::ops
