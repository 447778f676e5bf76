#include "rtfq/ops/requantize.h"

#include <algorithm>

#include "rtfq/core/check.h"
#include "rtfq/ops/code_of.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// At batch 1 a deep layer has few elements: smaller portions than kGrain's keep
// all threads at work.
constexpr int64_t kPortion = 8192;

RTFQ_MULTIVERSION
void RequantizeKernel(const int32_t* sums, int64_t rows, int64_t channels,
                      const float* scale, const float* bias, float step,
                      float max, uint8_t* __restrict codes) {
  for (int64_t r = 0; r < rows; ++r, sums += channels, codes += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(sums[c]) * scale[c] + bias[c];
      codes[c] = static_cast<uint8_t>(
          static_cast<int32_t>(CodeOf(v / step, 0.0f, max)));
    }
  }
}

RTFQ_MULTIVERSION
void AffineKernel(const int32_t* sums, int64_t rows, int64_t channels,
                  const float* scale, const float* bias, float* y) {
  for (int64_t r = 0; r < rows; ++r, sums += channels, y += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      y[c] = static_cast<float>(sums[c]) * scale[c] + bias[c];
    }
  }
}

RTFQ_MULTIVERSION
void AffineReluKernel(const int32_t* sums, int64_t rows, int64_t channels,
                      const float* scale, const float* bias, float* y) {
  for (int64_t r = 0; r < rows; ++r, sums += channels, y += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(sums[c]) * scale[c] + bias[c];
      y[c] = v < 0.0f ? 0.0f : v;
    }
  }
}

RTFQ_MULTIVERSION
void AddReluKernel(const int32_t* sums, int64_t rows, int64_t channels,
                   const float* scale, const float* bias, const float* shortcut,
                   float* out) {
  for (int64_t r = 0; r < rows;
       ++r, sums += channels, shortcut += channels, out += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(sums[c]) * scale[c] + bias[c];
      const float sum = v + shortcut[c];
      out[c] = sum < 0.0f ? 0.0f : sum;
    }
  }
}

RTFQ_MULTIVERSION
void AddReluQuantizeKernel(const int32_t* sums, int64_t rows, int64_t channels,
                           const float* scale, const float* bias,
                           const float* shortcut, float step, float max,
                           float* out, uint8_t* codes) {
  for (int64_t r = 0; r < rows; ++r, sums += channels, shortcut += channels,
               out += channels, codes += channels) {
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(sums[c]) * scale[c] + bias[c];
      const float sum = v + shortcut[c];
      const float positive = sum < 0.0f ? 0.0f : sum;
      out[c] = positive;
      codes[c] = static_cast<uint8_t>(
          static_cast<int32_t>(CodeOf(positive / step, 0.0f, max)));
    }
  }
}

int64_t CheckedChannels(View<const int32_t> sums, const ChannelAffine& affine) {
  RTFQ_CHECK(sums.IsDense() && sums.shape().rank() >= 1);
  const int64_t channels = sums.shape()[sums.shape().rank() - 1];
  for (const auto& v : {affine.scale, affine.bias}) {
    RTFQ_CHECK(v.IsDense() && v.count() == channels);
  }
  return channels;
}

void CheckSink(const CodeSink& sink, const Shape& shape) {
  RTFQ_CHECK(sink.codes.shape() == shape && sink.codes.IsDense());
  RTFQ_CHECK(sink.step > 0 && sink.range.min == 0);
  RTFQ_CHECK(sink.range.max > 0 && sink.range.max <= 255);
}

int64_t RowsPerPortion(int64_t channels) {
  return std::max<int64_t>(1, kPortion / std::max<int64_t>(1, channels));
}

}  // namespace

void RequantizeSums(const ThreadPool& threads, View<const int32_t> sums,
                    const ChannelAffine& affine, const CodeSink& sink) {
  const int64_t channels = CheckedChannels(sums, affine);
  CheckSink(sink, sums.shape());
  if (sums.count() == 0) return;
  threads.For(sums.count() / channels, RowsPerPortion(channels),
              [&](int64_t begin, int64_t end) {
                const int64_t at = begin * channels;
                RequantizeKernel(sums.data() + at, end - begin, channels,
                                 affine.scale.data(), affine.bias.data(),
                                 sink.step, static_cast<float>(sink.range.max),
                                 sink.codes.data() + at);
              });
}

void AffineSums(const ThreadPool& threads, View<const int32_t> sums,
                const ChannelAffine& affine, bool relu, View<float> y) {
  const int64_t channels = CheckedChannels(sums, affine);
  RTFQ_CHECK(y.shape() == sums.shape() && y.IsDense());
  if (sums.count() == 0) return;
  const auto kernel = relu ? &AffineReluKernel : &AffineKernel;
  threads.For(sums.count() / channels, RowsPerPortion(channels),
              [&](int64_t begin, int64_t end) {
                kernel(sums.data() + begin * channels, end - begin, channels,
                       affine.scale.data(), affine.bias.data(),
                       y.data() + begin * channels);
              });
}

void AddReluSums(const ThreadPool& threads, View<const int32_t> sums,
                 const ChannelAffine& affine, View<const float> shortcut,
                 View<float> out, const CodeSink* sink) {
  const int64_t channels = CheckedChannels(sums, affine);
  RTFQ_CHECK(shortcut.shape() == sums.shape() && shortcut.IsDense());
  RTFQ_CHECK(out.shape() == sums.shape() && out.IsDense());
  if (sink != nullptr) CheckSink(*sink, sums.shape());
  if (sums.count() == 0) return;
  threads.For(sums.count() / channels, RowsPerPortion(channels),
              [&](int64_t begin, int64_t end) {
                const int64_t at = begin * channels;
                const float* scale = affine.scale.data();
                const float* bias = affine.bias.data();
                if (sink == nullptr) {
                  AddReluKernel(sums.data() + at, end - begin, channels, scale,
                                bias, shortcut.data() + at, out.data() + at);
                } else {
                  AddReluQuantizeKernel(
                      sums.data() + at, end - begin, channels, scale, bias,
                      shortcut.data() + at, sink->step,
                      static_cast<float>(sink->range.max), out.data() + at,
                      sink->codes.data() + at);
                }
              });
}

}  // namespace rtfq::ops
