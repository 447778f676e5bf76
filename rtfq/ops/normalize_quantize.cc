#include "rtfq/ops/normalize_quantize.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/batch_norm_kernels.h"
#include "rtfq/ops/code_of.h"
#include "rtfq/ops/lanes.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// Elements that a reduction's second loop still finds in the first-level cache.
constexpr int64_t kBlock = 2048;

// CodeOf() cuts at 0, which is the ReLU.
RTFQ_MULTIVERSION
void QuantizeKernel(const float* x, int64_t rows, int64_t channels,
                    const float* mean, const float* scale, const float* beta,
                    float step, float max, uint8_t* __restrict codes) {
  for (int64_t r = 0; r < rows; ++r, x += channels, codes += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float v = (x[c] - mean[c]) * scale[c] + beta[c];
      codes[c] = static_cast<uint8_t>(
          static_cast<int32_t>(CodeOf(v / step, 0.0f, max)));
    }
  }
}

// dy, the gradient by the normalized value before its ReLU, and dv_hat * e.
RTFQ_MULTIVERSION
void MaskKernel(const float* x, int64_t rows, int64_t channels,
                const float* mean, const float* scale, const float* beta,
                float step, float max, const float* dv_hat, float* dy,
                float* __restrict products) {
  for (int64_t r = 0; r < rows; ++r, x += channels, dv_hat += channels,
               dy += channels, products += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float v = (x[c] - mean[c]) * scale[c] + beta[c];
      const float positive = v < 0.0f ? 0.0f : v;
      const float u = positive / step;
      const float inside = CodeOf(u, 0.0f, max) - u;
      const float e = u > max ? max : inside;
      const float gradient = dv_hat[c];
      products[c] = gradient * e;
      const float passed = u <= max ? gradient : 0.0f;
      dy[c] = v > 0.0f ? passed : 0.0f;
    }
  }
}

int64_t CheckedChannels(View<const float> x, const Normalization& norm) {
  RTFQ_CHECK(x.IsDense() && x.shape().rank() >= 1);
  const int64_t channels = x.shape()[x.shape().rank() - 1];
  for (const auto& v : {norm.mean, norm.variance, norm.gamma, norm.beta}) {
    RTFQ_CHECK(v.IsDense() && v.count() == channels);
  }
  return channels;
}

// Whole groups of the four rows that AddGradientSums() adds in float, so that
// cutting rows into blocks changes no bit.
int64_t RowsPerBlock(int64_t channels) {
  return std::max<int64_t>(4, kBlock / channels / 4 * 4);
}

}  // namespace

void NormalizeQuantize(const ThreadPool& threads, View<const float> x,
                       const Normalization& normalization, float step,
                       CodeRange range, View<uint8_t> codes) {
  const int64_t channels = CheckedChannels(x, normalization);
  RTFQ_CHECK(codes.shape() == x.shape() && codes.IsDense());
  RTFQ_CHECK(step > 0 && range.min == 0 && range.max > 0 && range.max <= 255);
  if (x.count() == 0) return;
  const Normalization& norm = normalization;
  const std::vector<float> scale =
      NormalizingScale(norm.gamma, norm.variance, norm.epsilon);
  threads.For(x.count() / channels, RowsPerPiece(channels),
              [&](int64_t begin, int64_t end) {
                QuantizeKernel(x.data() + begin * channels, end - begin,
                               channels, norm.mean.data(), scale.data(),
                               norm.beta.data(), step,
                               static_cast<float>(range.max),
                               codes.data() + begin * channels);
              });
}

float NormalizeQuantizeBackward(const ThreadPool& threads, View<const float> x,
                                const Normalization& normalization, float step,
                                CodeRange range, int64_t n,
                                View<const float> dv_hat, View<float> dx,
                                View<float> dgamma, View<float> dbeta,
                                const Bf16Sink* rounded) {
  const Normalization& norm = normalization;
  const int64_t channels = CheckedChannels(x, norm);
  RTFQ_CHECK(dv_hat.shape() == x.shape() && dv_hat.IsDense());
  RTFQ_CHECK(dx.shape() == x.shape() && dx.IsDense());
  RTFQ_CHECK(rounded == nullptr ||
             (rounded->to.shape() == x.shape() && rounded->to.IsDense()));
  RTFQ_CHECK(dgamma.count() == channels && dbeta.count() == channels);
  RTFQ_CHECK(step > 0 && n > 0 && range.min == 0 && range.max > 0);
  if (x.count() == 0) return 0;
  const std::vector<float> scale =
      NormalizingScale(norm.gamma, norm.variance, norm.epsilon);
  const int64_t rows = x.count() / channels;
  const int64_t grain = RowsPerChunk(rows, channels);
  const int64_t num_chunks = ThreadPool::NumChunks(rows, grain);
  const int64_t block = RowsPerBlock(channels);
  std::vector<double> sums(num_chunks * 2 * channels, 0.0);
  std::vector<double> steps(num_chunks);
  threads.For(rows, grain, [&](int64_t begin, int64_t end) {
    double* sum = sums.data() + begin / grain * 2 * channels;
    double lanes[kLanes] = {};
    // A tensor for its alignment: vectors that cross cache lines cost twice.
    const Tensor products = Tensor::Uninitialized({block * channels});
    for (int64_t r = begin; r < end; r += block) {
      const int64_t size = std::min(block, end - r);
      const int64_t at = r * channels;
      MaskKernel(x.data() + at, size, channels, norm.mean.data(), scale.data(),
                 norm.beta.data(), step, static_cast<float>(range.max),
                 dv_hat.data() + at, dx.data() + at, products.data());
      AddToLanes(products.data(), size * channels, lanes);
      AddGradientSums(x.data() + at, dx.data() + at, size, channels,
                      norm.mean.data(), sum, sum + channels);
    }
    steps[begin / grain] = SumOfLanes(lanes);
  });
  const InputGradientFactors factors = JoinGradientSums(
      sums, rows, norm.variance, norm.gamma, norm.epsilon, dgamma, dbeta);
  InputGradient(threads, x, dx, norm.mean.data(), factors, dx, rounded);
  const double sum = std::accumulate(steps.begin(), steps.end(), 0.0);
  return static_cast<float>(
      sum / std::sqrt(static_cast<double>(n) * static_cast<double>(range.max)));
}

}  // namespace rtfq::ops
