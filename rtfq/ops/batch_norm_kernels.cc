#include "rtfq/ops/batch_norm_kernels.h"

#include <algorithm>
#include <cmath>

#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// Fetches what lies behind `count` elements: processors foresee one stream, not
// four rows side by side.
RTFQ_ALWAYS_INLINE void PrefetchNext(const float* rows, int64_t count) {
  constexpr int64_t kLine = 64 / sizeof(float);
  for (int64_t i = 0; i < count; i += kLine) {
    __builtin_prefetch(rows + count + i);
  }
}

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
    PrefetchNext(x, 4 * channels);
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
void JoinKernel(const double* sum, const double* square, const float* shift,
                int64_t channels, double n, double k, double* means,
                double* deviations) {
  const double factor = n * k / (n + k), share = k / (n + k);
  RTFQ_VECTORIZE
  for (int64_t c = 0; c < channels; ++c) {
    const double offset = sum[c] / k;
    const double delta = static_cast<double>(shift[c]) + offset - means[c];
    const double own = square[c] - sum[c] * offset;
    deviations[c] += (own < 0 ? 0 : own) + delta * delta * factor;
    means[c] += delta * share;
  }
}

// total += values
RTFQ_MULTIVERSION
void AddKernel(const double* values, int64_t count, double* total) {
  RTFQ_VECTORIZE
  for (int64_t i = 0; i < count; ++i) total[i] += values[i];
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

RTFQ_MULTIVERSION
void NormalizeAddReluKernel(const float* x, const float* shortcut, int64_t rows,
                            int64_t channels, const float* mean,
                            const float* scale, const float* beta, float* y) {
  for (int64_t r = 0; r < rows;
       ++r, x += channels, shortcut += channels, y += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float v = (x[c] - mean[c]) * scale[c] + beta[c];
      const float sum = v + shortcut[c];
      y[c] = sum < 0.0f ? 0.0f : sum;
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

RTFQ_MULTIVERSION
void BackwardRoundedKernel(const float* x, const float* dy, int64_t rows,
                           int64_t channels, const float* mean,
                           const float* mean_dy, const float* slope,
                           const float* scale, float factor,
                           Bf16* __restrict dx) {
  for (int64_t r = 0; r < rows;
       ++r, x += channels, dy += channels, dx += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float v =
          scale[c] * ((dy[c] - mean_dy[c]) - (x[c] - mean[c]) * slope[c]);
      dx[c] = RoundedToBf16(v * factor);
    }
  }
}

}  // namespace

void AddStatistics(const float* x, int64_t rows, int64_t channels,
                   const float* shift, double* sum, double* square) {
  StatisticsKernel(x, rows, channels, shift, sum, square);
}

void JoinStatistics(const double* sums, const float* shift, int64_t channels,
                    double n, double k, double* means, double* deviations) {
  JoinKernel(sums, sums + channels, shift, channels, n, k, means, deviations);
}

void Normalize(const float* x, int64_t rows, int64_t channels,
               const float* mean, const float* scale, const float* beta,
               bool relu, float* y) {
  const auto kernel = relu ? &NormalizeReluKernel : &NormalizeKernel;
  kernel(x, rows, channels, mean, scale, beta, y);
}

void NormalizeAddRelu(const float* x, const float* shortcut, int64_t rows,
                      int64_t channels, const float* mean, const float* scale,
                      const float* beta, float* y) {
  NormalizeAddReluKernel(x, shortcut, rows, channels, mean, scale, beta, y);
}

void AddGradientSums(const float* x, const float* dy, int64_t rows,
                     int64_t channels, const float* mean, double* sum,
                     double* product) {
  GradientSumsKernel(x, dy, rows, channels, mean, sum, product);
}

InputGradientFactors JoinGradientSums(const std::vector<double>& sums,
                                      int64_t rows, View<const float> variance,
                                      View<const float> gamma, float epsilon,
                                      View<float> dgamma, View<float> dbeta) {
  const int64_t channels = gamma.count();
  const auto num_chunks =
      static_cast<int64_t>(sums.size()) / (2 * std::max<int64_t>(1, channels));
  const auto size = static_cast<size_t>(channels);
  InputGradientFactors factors = {std::vector<float>(size),
                                  std::vector<float>(size),
                                  std::vector<float>(size)};
  // [2,C]: of dy and of dy * (x - mean).
  std::vector<double> totals(2 * size, 0.0);
  for (int64_t chunk = 0; chunk < num_chunks; ++chunk) {
    AddKernel(sums.data() + chunk * 2 * channels, 2 * channels, totals.data());
  }
  for (int64_t c = 0; c < channels; ++c) {
    const double sum = totals[c], product = totals[channels + c];
    const double inverse =
        1 / std::sqrt(static_cast<double>(variance.data()[c]) + epsilon);
    dbeta.data()[c] += static_cast<float>(sum);
    dgamma.data()[c] += static_cast<float>(product * inverse);
    const double m = static_cast<double>(rows);
    factors.mean_dy[c] = static_cast<float>(sum / m);
    factors.slope[c] = static_cast<float>(product * inverse * inverse / m);
    factors.scale[c] = static_cast<float>(gamma.data()[c] * inverse);
  }
  return factors;
}

void InputGradient(const ThreadPool& threads, View<const float> x,
                   View<const float> dy, const float* mean,
                   const InputGradientFactors& factors, View<float> dx,
                   const Bf16Sink* rounded) {
  const auto channels = static_cast<int64_t>(factors.scale.size());
  const float *mean_dy = factors.mean_dy.data(), *slope = factors.slope.data();
  const float* scale = factors.scale.data();
  threads.For(
      x.count() / channels, RowsPerPiece(channels),
      [&](int64_t begin, int64_t end) {
        const int64_t at = begin * channels;
        if (rounded == nullptr) {
          BackwardKernel(x.data() + at, dy.data() + at, end - begin, channels,
                         mean, mean_dy, slope, scale, dx.data() + at);
        } else {
          BackwardRoundedKernel(x.data() + at, dy.data() + at, end - begin,
                                channels, mean, mean_dy, slope, scale,
                                rounded->factor, rounded->to.data() + at);
        }
      });
}

std::vector<float> NormalizingScale(View<const float> gamma,
                                    View<const float> variance, float epsilon) {
  std::vector<float> scale(static_cast<size_t>(gamma.count()));
  for (int64_t c = 0; c < gamma.count(); ++c) {
    scale[c] = static_cast<float>(
        gamma.data()[c] /
        std::sqrt(static_cast<double>(variance.data()[c]) + epsilon));
  }
  return scale;
}

int64_t RowsPerPiece(int64_t channels) {
  return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, channels));
}

int64_t RowsPerChunk(int64_t rows, int64_t channels) {
  return std::max(RowsPerPiece(channels), (rows + 255) / 256);
}

}  // namespace rtfq::ops
