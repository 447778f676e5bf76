#include "rtfq/ops/requantize.h"

#include <algorithm>

#include "rtfq/core/check.h"
#include "rtfq/ops/code_of.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// Sums of `rows` pixels; rows of everything else are `stride` apart.
struct Rows {
  const int32_t* sums;
  int64_t rows, channels;
  int64_t sums_stride, stride;
  const float *scale, *bias;
};

RTFQ_MULTIVERSION
void RequantizeKernel(const Rows& in, float step, float max,
                      uint8_t* __restrict codes) {
  const int64_t channels = in.channels;
  const float *scale = in.scale, *bias = in.bias;
  for (int64_t r = 0; r < in.rows; ++r, codes += in.stride) {
    const int32_t* sums = in.sums + r * in.sums_stride;
    for (int64_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(sums[c]) * scale[c] + bias[c];
      codes[c] = static_cast<uint8_t>(
          static_cast<int32_t>(CodeOf(v / step, 0.0f, max)));
    }
  }
}

RTFQ_MULTIVERSION
void ScaleKernel(const int32_t* sums, int64_t count, float scale,
                 float* __restrict y) {
  for (int64_t i = 0; i < count; ++i) {
    y[i] = static_cast<float>(sums[i]) * scale;
  }
}

RTFQ_MULTIVERSION
void AffineKernel(const Rows& in, float* y) {
  const int64_t channels = in.channels;
  const float *scale = in.scale, *bias = in.bias;
  for (int64_t r = 0; r < in.rows; ++r, y += in.stride) {
    const int32_t* sums = in.sums + r * in.sums_stride;
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      y[c] = static_cast<float>(sums[c]) * scale[c] + bias[c];
    }
  }
}

RTFQ_MULTIVERSION
void AffineReluKernel(const Rows& in, float* y) {
  const int64_t channels = in.channels;
  const float *scale = in.scale, *bias = in.bias;
  for (int64_t r = 0; r < in.rows; ++r, y += in.stride) {
    const int32_t* sums = in.sums + r * in.sums_stride;
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(sums[c]) * scale[c] + bias[c];
      y[c] = v < 0.0f ? 0.0f : v;
    }
  }
}

RTFQ_MULTIVERSION
void AddReluKernel(const Rows& in, const float* shortcut, float* out) {
  const int64_t channels = in.channels;
  const float *scale = in.scale, *bias = in.bias;
  for (int64_t r = 0; r < in.rows;
       ++r, shortcut += in.stride, out += in.stride) {
    const int32_t* sums = in.sums + r * in.sums_stride;
    RTFQ_VECTORIZE
    for (int64_t c = 0; c < channels; ++c) {
      const float v = static_cast<float>(sums[c]) * scale[c] + bias[c];
      const float sum = v + shortcut[c];
      out[c] = sum < 0.0f ? 0.0f : sum;
    }
  }
}

RTFQ_MULTIVERSION
void AddReluQuantizeKernel(const Rows& in, const float* shortcut, float step,
                           float max, float* out, uint8_t* codes) {
  const int64_t channels = in.channels;
  const float *scale = in.scale, *bias = in.bias;
  for (int64_t r = 0; r < in.rows;
       ++r, shortcut += in.stride, out += in.stride, codes += in.stride) {
    const int32_t* sums = in.sums + r * in.sums_stride;
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

int64_t ChannelsOf(const Shape& shape) {
  RTFQ_CHECK(shape.rank() >= 1);
  return shape[shape.rank() - 1];
}

// The block's rows of a tensor of `shape`; the affine is of all its channels.
Rows RowsOf(const SumBlock& block, const ChannelAffine& affine,
            const Shape& shape) {
  const int64_t channels = ChannelsOf(shape);
  for (const auto& v : {affine.scale, affine.bias}) {
    RTFQ_CHECK(v.IsDense() && v.count() == channels);
  }
  RTFQ_CHECK(block.first_channel + block.channels <= channels);
  RTFQ_CHECK((block.first_pixel + block.pixels) * channels <= shape.count());
  return {.sums = block.sums,
          .rows = block.pixels,
          .channels = block.channels,
          .sums_stride = block.stride,
          .stride = channels,
          .scale = affine.scale.data() + block.first_channel,
          .bias = affine.bias.data() + block.first_channel};
}

int64_t OffsetOf(const SumBlock& block, const Shape& shape) {
  return block.first_pixel * ChannelsOf(shape) + block.first_channel;
}

void CheckSink(const CodeSink& sink) {
  RTFQ_CHECK(sink.codes.IsDense());
  RTFQ_CHECK(sink.step > 0 && sink.range.min == 0);
  RTFQ_CHECK(sink.range.max > 0 && sink.range.max <= 255);
}

}  // namespace

void RequantizeSums(const SumBlock& block, const ChannelAffine& affine,
                    const CodeSink& sink) {
  CheckSink(sink);
  const Shape& shape = sink.codes.shape();
  RequantizeKernel(RowsOf(block, affine, shape), sink.step,
                   static_cast<float>(sink.range.max),
                   sink.codes.data() + OffsetOf(block, shape));
}

void ScaleSums(const SumBlock& block, float scale, View<float> y) {
  RTFQ_CHECK(y.IsDense());
  const int64_t stride = ChannelsOf(y.shape());
  float* to = y.data() + OffsetOf(block, y.shape());
  for (int64_t i = 0; i < block.pixels; ++i, to += stride) {
    ScaleKernel(block.sums + i * block.stride, block.channels, scale, to);
  }
}

void AffineSums(const SumBlock& block, const ChannelAffine& affine, bool relu,
                View<float> y) {
  RTFQ_CHECK(y.IsDense());
  const auto kernel = relu ? &AffineReluKernel : &AffineKernel;
  kernel(RowsOf(block, affine, y.shape()),
         y.data() + OffsetOf(block, y.shape()));
}

void AddReluSums(const SumBlock& block, const ChannelAffine& affine,
                 View<const float> shortcut, View<float> out,
                 const CodeSink* sink) {
  RTFQ_CHECK(shortcut.shape() == out.shape());
  RTFQ_CHECK(shortcut.IsDense() && out.IsDense());
  const int64_t at = OffsetOf(block, out.shape());
  const Rows rows = RowsOf(block, affine, out.shape());
  if (sink == nullptr) {
    AddReluKernel(rows, shortcut.data() + at, out.data() + at);
    return;
  }
  CheckSink(*sink);
  RTFQ_CHECK(sink->codes.shape() == out.shape());
  AddReluQuantizeKernel(rows, shortcut.data() + at, sink->step,
                        static_cast<float>(sink->range.max), out.data() + at,
                        sink->codes.data() + at);
}

}  // namespace rtfq::ops
