#include "rtfq/ops/activation.h"

#include "rtfq/core/check.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

RTFQ_MULTIVERSION
void ReluKernel(const float* x, int64_t count, float* y) {
  RTFQ_VECTORIZE
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] < 0.0f ? 0.0f : x[i];
}

RTFQ_MULTIVERSION
void AddKernel(const float* a, const float* b, int64_t count, float* y) {
  RTFQ_VECTORIZE
  for (int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}

RTFQ_MULTIVERSION
void ReluBackwardKernel(const float* y, const float* dy, int64_t count,
                        float* dx) {
  RTFQ_VECTORIZE
  for (int64_t i = 0; i < count; ++i) dx[i] = y[i] > 0.0f ? dy[i] : 0.0f;
}

RTFQ_MULTIVERSION
void ScaleKernel(float factor, int64_t count, float* y) {
  for (int64_t i = 0; i < count; ++i) y[i] *= factor;
}

using BinaryKernel = void(const float*, const float*, int64_t, float*);

void RunBinary(const ThreadPool& threads, BinaryKernel* kernel,
               View<const float> a, View<const float> b, View<float> y) {
  RTFQ_CHECK(a.shape() == y.shape() && b.shape() == y.shape());
  RTFQ_CHECK(a.IsDense() && b.IsDense() && y.IsDense());
  threads.For(y.count(), kGrain, [&](int64_t begin, int64_t end) {
    kernel(a.data() + begin, b.data() + begin, end - begin, y.data() + begin);
  });
}

}  // namespace

void Relu(const ThreadPool& threads, View<const float> x, View<float> y) {
  RTFQ_CHECK(x.shape() == y.shape());
  RTFQ_CHECK(x.IsDense() && y.IsDense());
  threads.For(y.count(), kGrain, [&](int64_t begin, int64_t end) {
    ReluKernel(x.data() + begin, end - begin, y.data() + begin);
  });
}

void Add(const ThreadPool& threads, View<const float> a, View<const float> b,
         View<float> y) {
  RunBinary(threads, &AddKernel, a, b, y);
}

void Scale(const ThreadPool& threads, float factor, View<float> y) {
  RTFQ_CHECK(y.IsDense());
  threads.For(y.count(), kGrain, [&](int64_t begin, int64_t end) {
    ScaleKernel(factor, end - begin, y.data() + begin);
  });
}

void ReluBackward(const ThreadPool& threads, View<const float> y,
                  View<const float> dy, View<float> dx) {
  RunBinary(threads, &ReluBackwardKernel, y, dy, dx);
}

}  // namespace rtfq::ops
