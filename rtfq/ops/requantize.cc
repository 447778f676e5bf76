#include "rtfq/ops/requantize.h"

#include <algorithm>

#include "rtfq/core/check.h"
#include "rtfq/ops/code_of.h"
#include "rtfq/ops/requantize_avx512.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

RTFQ_MULTIVERSION
void RequantizeKernel(const SumRows& in, float step, float max,
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
void AffineKernel(const SumRows& in, float* y) {
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
void AffineReluKernel(const SumRows& in, float* y) {
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
void AddReluKernel(const int32_t* sums, const float* scale, const float* bias,
                   const float* shortcut, int64_t channels, float* out) {
  RTFQ_VECTORIZE
  for (int64_t c = 0; c < channels; ++c) {
    const float v = static_cast<float>(sums[c]) * scale[c] + bias[c];
    const float sum = v + shortcut[c];
    out[c] = sum < 0.0f ? 0.0f : sum;
  }
}

RTFQ_MULTIVERSION
void QuantizeKernel(const float* v, int64_t channels, float step, float max,
                    uint8_t* __restrict codes) {
  for (int64_t c = 0; c < channels; ++c) {
    codes[c] = static_cast<uint8_t>(
        static_cast<int32_t>(CodeOf(v[c] / step, 0.0f, max)));
  }
}

// Some channels of a row at a time, so that what is not stored stays near.
void AddReluRows(const SumRows& in, const ResidualRows& with) {
  constexpr int64_t kAtOnce = 256;
  float added[kAtOnce], kept[kAtOnce];
  for (int64_t r = 0; r < in.rows; ++r) {
    for (int64_t c = 0; c < in.channels; c += kAtOnce) {
      const int64_t some = std::min(kAtOnce, in.channels - c);
      const int64_t at = r * in.stride + c;
      const float* shortcut = added;
      if (with.shortcut != nullptr) {
        shortcut = with.shortcut + at;
      } else {
        const SumRows& from = with.shortcut_sums;
        AffineKernel({.sums = from.sums + r * from.sums_stride + c,
                      .rows = 1,
                      .channels = some,
                      .sums_stride = 0,
                      .stride = 0,
                      .scale = from.scale + c,
                      .bias = from.bias + c},
                     added);
      }
      float* out = with.out != nullptr ? with.out + at : kept;
      AddReluKernel(in.sums + r * in.sums_stride + c, in.scale + c, in.bias + c,
                    shortcut, some, out);
      if (with.codes != nullptr) {
        QuantizeKernel(out, some, with.step.step, with.step.max,
                       with.codes + at);
      }
    }
  }
}

int64_t ChannelsOf(const Shape& shape) {
  RTFQ_CHECK(shape.rank() >= 1);
  return shape[shape.rank() - 1];
}

// The block's rows of a tensor of `shape`; the affine is of all its channels.
SumRows RowsOf(const SumBlock& block, const ChannelAffine& affine,
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

}  // namespace

void RequantizeSums(const SumBlock& block, const ChannelAffine& affine,
                    const CodeSink& sink) {
  RTFQ_CHECK(sink.codes.IsDense());
  const Shape& shape = sink.codes.shape();
  const SumRows rows = RowsOf(block, affine, shape);
  uint8_t* codes = sink.codes.data() + OffsetOf(block, shape);
  if (sink.step.as_products && HasAvx512Kernels()) {
    RequantizeAvx512(rows, sink.step, codes);
  } else {
    RequantizeKernel(rows, sink.step.step, sink.step.max, codes);
  }
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
                 const Shortcut& shortcut, const Shape& shape, View<float> out,
                 const CodeSink* sink) {
  const int64_t at = OffsetOf(block, shape);
  const SumRows rows = RowsOf(block, affine, shape);
  ResidualRows with;
  if (shortcut.sums != nullptr) {
    with.shortcut_sums = RowsOf(*shortcut.sums, shortcut.affine, shape);
  } else {
    RTFQ_CHECK(shortcut.values.IsDense() && shortcut.values.shape() == shape);
    with.shortcut = shortcut.values.data() + at;
  }
  if (out.data() != nullptr) {
    RTFQ_CHECK(out.IsDense() && out.shape() == shape);
    with.out = out.data() + at;
  }
  if (sink != nullptr) {
    RTFQ_CHECK(sink->codes.IsDense() && sink->codes.shape() == shape);
    with.codes = sink->codes.data() + at;
    with.step = sink->step;
  }
  if (sink != nullptr && with.step.as_products && HasAvx512Kernels()) {
    AddReluQuantizeAvx512(rows, with);
  } else {
    AddReluRows(rows, with);
  }
}

}  // namespace rtfq::ops
