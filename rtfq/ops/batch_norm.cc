#include "rtfq/ops/batch_norm.h"

#include <algorithm>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/batch_norm_kernels.h"

namespace rtfq::ops {
namespace {

int64_t ChannelsOf(View<const float> x) {
  RTFQ_CHECK(x.IsDense() && x.shape().rank() >= 1);
  return x.shape()[x.shape().rank() - 1];
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
    AddStatistics(first, end - begin, channels, first, sum, sum + channels);
  });
  // Two sets with counts n, k, means m, m_k and squared deviations s, s_k join
  // to s + s_k + (m_k - m)^2 * n k / (n + k): Chan et al. 1979.
  std::vector<double> means(static_cast<size_t>(channels), 0.0);
  std::vector<double> deviations(static_cast<size_t>(channels), 0.0);
  double n = 0;
  for (int64_t chunk = 0; chunk < num_chunks; ++chunk) {
    const double k = static_cast<double>(std::min(rows, (chunk + 1) * grain) -
                                         chunk * grain);
    JoinStatistics(sums.data() + chunk * 2 * channels,
                   x.data() + chunk * grain * channels, channels, n, k,
                   means.data(), deviations.data());
    n += k;
  }
  for (int64_t c = 0; c < channels; ++c) {
    mean.data()[c] = static_cast<float>(means[c]);
    variance.data()[c] = static_cast<float>(deviations[c] / n);
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
  const std::vector<float> scale = NormalizingScale(gamma, variance, epsilon);
  threads.For(x.count() / channels, RowsPerPiece(channels),
              [&](int64_t begin, int64_t end) {
                Normalize(x.data() + begin * channels, end - begin, channels,
                          mean.data(), scale.data(), beta.data(), relu,
                          y.data() + begin * channels);
              });
}

void BatchNormAddRelu(const ThreadPool& threads, View<const float> x,
                      const Normalization& normalization,
                      View<const float> shortcut, View<float> out) {
  const Normalization& norm = normalization;
  const int64_t channels = ChannelsOf(x);
  RTFQ_CHECK(shortcut.shape() == x.shape() && shortcut.IsDense());
  RTFQ_CHECK(out.shape() == x.shape() && out.IsDense());
  for (const auto& v : {norm.mean, norm.variance, norm.gamma, norm.beta}) {
    CheckChannels(v, channels);
  }
  if (x.count() == 0) return;
  const std::vector<float> scale =
      NormalizingScale(norm.gamma, norm.variance, norm.epsilon);
  threads.For(x.count() / channels, RowsPerPiece(channels),
              [&](int64_t begin, int64_t end) {
                const int64_t at = begin * channels;
                NormalizeAddRelu(x.data() + at, shortcut.data() + at,
                                 end - begin, channels, norm.mean.data(),
                                 scale.data(), norm.beta.data(),
                                 out.data() + at);
              });
}

void BatchNormBackward(const ThreadPool& threads, View<const float> x,
                       View<const float> mean, View<const float> variance,
                       View<const float> gamma, float epsilon,
                       View<const float> dy, View<float> dx, View<float> dgamma,
                       View<float> dbeta, const Bf16Sink* rounded) {
  const int64_t channels = ChannelsOf(x);
  RTFQ_CHECK(dy.shape() == x.shape() && dy.IsDense());
  RTFQ_CHECK(dx.shape() == x.shape() && dx.IsDense());
  RTFQ_CHECK(rounded == nullptr ||
             (rounded->to.shape() == x.shape() && rounded->to.IsDense()));
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
    AddGradientSums(x.data() + begin * channels, dy.data() + begin * channels,
                    end - begin, channels, mean.data(), sum, sum + channels);
  });
  const InputGradientFactors factors =
      JoinGradientSums(sums, rows, variance, gamma, epsilon, dgamma, dbeta);
  InputGradient(threads, x, dy, mean.data(), factors, dx, rounded);
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
