#include "rtfq/ops/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// Adds the sums over `rows` rows of d = x - shift and of d * d. Four rows are
// added in float before they go into the double sums, whose conversions and
// stores would otherwise take longer than reading x.
RTFQ_MULTIVERSION
void StatisticsKernel(const float* x, int64_t rows, int64_t channels,
                      const float* shift, double* sum, double* square) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * channels) {
    const float* x1 = x + channels;
    const float* x2 = x1 + channels;
    const float* x3 = x2 + channels;
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float d0 = x[c] - shift[c];
      const float d1 = x1[c] - shift[c];
      const float d2 = x2[c] - shift[c];
      const float d3 = x3[c] - shift[c];
      sum[c] += static_cast<double>((d0 + d1) + (d2 + d3));
      square[c] +=
          static_cast<double>((d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3));
    }
  }
  for (; r < rows; ++r, x += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float d = x[c] - shift[c];
      sum[c] += static_cast<double>(d);
      square[c] += static_cast<double>(d * d);
    }
  }
}

RTFQ_MULTIVERSION
void NormalizeKernel(const float* x, int64_t rows, int64_t channels,
                     const float* mean, const float* scale, const float* beta,
                     float* y) {
  for (int64_t r = 0; r < rows; ++r, x += channels, y += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      y[c] = (x[c] - mean[c]) * scale[c] + beta[c];
    }
  }
}

RTFQ_MULTIVERSION
void NormalizeReluKernel(const float* x, int64_t rows, int64_t channels,
                         const float* mean, const float* scale,
                         const float* beta, float* y) {
  for (int64_t r = 0; r < rows; ++r, x += channels, y += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float v = (x[c] - mean[c]) * scale[c] + beta[c];
      y[c] = v < 0.0f ? 0.0f : v;
    }
  }
}

// Adds the sums over `rows` rows of dy and of dy * (x - mean).
RTFQ_MULTIVERSION
void GradientSumsKernel(const float* x, const float* dy, int64_t rows,
                        int64_t channels, const float* mean, double* sum,
                        double* product) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * channels, dy += 4 * channels) {
    const float* x1 = x + channels;
    const float* x2 = x1 + channels;
    const float* x3 = x2 + channels;
    const float* dy1 = dy + channels;
    const float* dy2 = dy1 + channels;
    const float* dy3 = dy2 + channels;
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      sum[c] += static_cast<double>((dy[c] + dy1[c]) + (dy2[c] + dy3[c]));
      product[c] += static_cast<double>(
          (dy[c] * (x[c] - mean[c]) + dy1[c] * (x1[c] - mean[c])) +
          (dy2[c] * (x2[c] - mean[c]) + dy3[c] * (x3[c] - mean[c])));
    }
  }
  for (; r < rows; ++r, x += channels, dy += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      sum[c] += static_cast<double>(dy[c]);
      product[c] += static_cast<double>(dy[c] * (x[c] - mean[c]));
    }
  }
}

// dx = scale * ((dy - mean_dy) - (x - mean) * slope)
RTFQ_MULTIVERSION
void BackwardKernel(const float* x, const float* dy, int64_t rows,
                    int64_t channels, const float* mean, const float* mean_dy,
                    const float* slope, const float* scale, float* dx) {
  for (int64_t r = 0; r < rows;
       ++r, x += channels, dy += channels, dx += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      dx[c] = scale[c] * ((dy[c] - mean_dy[c]) - (x[c] - mean[c]) * slope[c]);
    }
  }
}

int64_t ChannelsOf(View<const float> x) {
  RTFQ_CHECK(x.IsDense() && x.shape().rank() >= 1);
  return x.shape()[x.shape().rank() - 1];
}

int64_t RowsPerPiece(int64_t channels) {
  return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, channels));
}

// Rows of a reduction's chunk: at most 256 chunks, so that adding them up in
// order costs nothing.
int64_t RowsPerChunk(int64_t rows, int64_t channels) {
  return std::max(RowsPerPiece(channels), (rows + 255) / 256);
}

void CheckChannels(View<const float> v, int64_t channels) {
  RTFQ_CHECK(v.IsDense() && v.count() == channels);
}

}  // namespace

void BatchNormStatistics(const ThreadPool& threads, View<const float> x,
                         View<float> mean, View<float> variance) {
  const int64_t channels = ChannelsOf(x);
  CheckChannels(mean, channels);
  CheckChannels(variance, channels);
  if (channels == 0) return;
  const int64_t rows = x.count() / channels;
  RTFQ_CHECK(rows >= 1);
  const int64_t grain = RowsPerChunk(rows, channels);
  const int64_t num_chunks = ThreadPool::NumChunks(rows, grain);
  // Per chunk [2,C]: sums of d and of d * d, d = x less the chunk's first row.
  std::vector<double> sums(num_chunks * 2 * channels, 0.0);
  threads.For(rows, grain, [&](int64_t begin, int64_t end) {
    double* sum = sums.data() + begin / grain * 2 * channels;
    const float* first = x.data() + begin * channels;
    StatisticsKernel(first, end - begin, channels, first, sum, sum + channels);
  });
  for (int64_t c = 0; c < channels; ++c) {
    // Two sets with counts n, k, means m, m_k and squared deviations s, s_k
    // join to s + s_k + (m_k - m)^2 * n k / (n + k): Chan et al. 1979.
    double n = 0;
    double m = 0;
    double s = 0;
    for (int64_t chunk = 0; chunk < num_chunks; ++chunk) {
      const double* sum = sums.data() + chunk * 2 * channels;
      const double k = static_cast<double>(std::min(rows, (chunk + 1) * grain) -
                                           chunk * grain);
      const double offset = sum[c] / k;
      const double delta =
          static_cast<double>(x.data()[chunk * grain * channels + c]) + offset -
          m;
      const double deviations = sum[channels + c] - sum[c] * offset;
      s += (deviations < 0 ? 0 : deviations) + delta * delta * n * k / (n + k);
      m += delta * k / (n + k);
      n += k;
    }
    mean.data()[c] = static_cast<float>(m);
    variance.data()[c] = static_cast<float>(s / n);
  }
}

void BatchNormNormalize(const ThreadPool& threads, View<const float> x,
                        View<const float> mean, View<const float> variance,
                        View<const float> gamma, View<const float> beta,
                        float epsilon, bool relu, View<float> y) {
  const int64_t channels = ChannelsOf(x);
  RTFQ_CHECK(y.shape() == x.shape() && y.IsDense());
  for (const auto& v : {mean, variance, gamma, beta}) {
    CheckChannels(v, channels);
  }
  if (x.count() == 0) return;
  std::vector<float> scale(channels);
  for (int64_t c = 0; c < channels; ++c) {
    scale[c] = static_cast<float>(
        gamma.data()[c] /
        std::sqrt(static_cast<double>(variance.data()[c]) + epsilon));
  }
  const auto kernel = relu ? &NormalizeReluKernel : &NormalizeKernel;
  threads.For(x.count() / channels, RowsPerPiece(channels),
              [&](int64_t begin, int64_t end) {
                kernel(x.data() + begin * channels, end - begin, channels,
                       mean.data(), scale.data(), beta.data(),
                       y.data() + begin * channels);
              });
}

void BatchNormBackward(const ThreadPool& threads, View<const float> x,
                       View<const float> mean, View<const float> variance,
                       View<const float> gamma, float epsilon,
                       View<const float> dy, View<float> dx, View<float> dgamma,
                       View<float> dbeta) {
  const int64_t channels = ChannelsOf(x);
  RTFQ_CHECK(dy.shape() == x.shape() && dy.IsDense());
  RTFQ_CHECK(dx.shape() == x.shape() && dx.IsDense());
  for (const View<const float>& v :
       {mean, variance, gamma, View<const float>(dgamma),
        View<const float>(dbeta)}) {
    CheckChannels(v, channels);
  }
  if (x.count() == 0) return;
  const int64_t rows = x.count() / channels;
  const int64_t grain = RowsPerChunk(rows, channels);
  const int64_t num_chunks = ThreadPool::NumChunks(rows, grain);
  std::vector<double> sums(num_chunks * 2 * channels, 0.0);
  threads.For(rows, grain, [&](int64_t begin, int64_t end) {
    double* sum = sums.data() + begin / grain * 2 * channels;
    GradientSumsKernel(x.data() + begin * channels,
                       dy.data() + begin * channels, end - begin, channels,
                       mean.data(), sum, sum + channels);
  });
  std::vector<float> mean_dy(channels), slope(channels), scale(channels);
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;      // of dy
    double product = 0;  // of dy * (x - mean)
    for (int64_t chunk = 0; chunk < num_chunks; ++chunk) {
      sum += sums[chunk * 2 * channels + c];
      product += sums[(chunk * 2 + 1) * channels + c];
    }
    const double inverse =
        1 / std::sqrt(static_cast<double>(variance.data()[c]) + epsilon);
    dbeta.data()[c] += static_cast<float>(sum);
    dgamma.data()[c] += static_cast<float>(product * inverse);
    const double m = static_cast<double>(rows);
    mean_dy[c] = static_cast<float>(sum / m);
    slope[c] = static_cast<float>(product * inverse * inverse / m);
    scale[c] = static_cast<float>(gamma.data()[c] * inverse);
  }
  threads.For(rows, RowsPerPiece(channels), [&](int64_t begin, int64_t end) {
    BackwardKernel(x.data() + begin * channels, dy.data() + begin * channels,
                   end - begin, channels, mean.data(), mean_dy.data(),
                   slope.data(), scale.data(), dx.data() + begin * channels);
  });
}

void UpdateRunningStatistics(View<const float> mean, View<const float> variance,
                             int64_t count, float momentum,
                             View<float> running_mean,
                             View<float> running_variance) {
  RTFQ_CHECK(count >= 1);
  const int64_t channels = mean.count();
  for (const View<const float>& v :
       {mean, variance, View<const float>(running_mean),
        View<const float>(running_variance)}) {
    CheckChannels(v, channels);
  }
  const double unbias = static_cast<double>(count) /
                        static_cast<double>(std::max<int64_t>(1, count - 1));
  const auto follow = [momentum](float old, double batch) {
    // Not a sum with 0 * old: what is forgotten may be NaN.
    if (momentum == 1.0f) return static_cast<float>(batch);
    const double m = momentum;
    return static_cast<float>((1 - m) * old + m * batch);
  };
  for (int64_t c = 0; c < channels; ++c) {
    running_mean.data()[c] = follow(running_mean.data()[c], mean.data()[c]);
    running_variance.data()[c] =
        follow(running_variance.data()[c], unbias * variance.data()[c]);
  }
}

}  // namespace rtfq::ops
