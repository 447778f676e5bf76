#include "rtfq/ops/codes.h"

#include <cstdint>
#include <limits>

#include "rtfq/core/check.h"
#include "rtfq/ops/code_of.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// Four kernels and not two templates: compilers make versions of functions
// only.
RTFQ_MULTIVERSION
void QuantizeKernel(const float* v, int64_t count, float step, float min,
                    float max, uint8_t* __restrict codes) {
  for (int64_t i = 0; i < count; ++i) {
    codes[i] = static_cast<uint8_t>(
        static_cast<int32_t>(CodeOf(v[i] / step, min, max)));
  }
}

RTFQ_MULTIVERSION
void QuantizeKernel(const float* v, int64_t count, float step, float min,
                    float max, int8_t* __restrict codes) {
  for (int64_t i = 0; i < count; ++i) {
    codes[i] = static_cast<int8_t>(
        static_cast<int32_t>(CodeOf(v[i] / step, min, max)));
  }
}

RTFQ_MULTIVERSION
void DequantizeKernel(const uint8_t* codes, int64_t count, float step,
                      float* __restrict v) {
  for (int64_t i = 0; i < count; ++i) {
    v[i] = static_cast<float>(static_cast<int32_t>(codes[i])) * step;
  }
}

RTFQ_MULTIVERSION
void DequantizeKernel(const int8_t* codes, int64_t count, float step,
                      float* __restrict v) {
  for (int64_t i = 0; i < count; ++i) {
    v[i] = static_cast<float>(static_cast<int32_t>(codes[i])) * step;
  }
}

template <typename Code>
void QuantizeTo(const ThreadPool& threads, View<const float> v, float step,
                CodeRange range, View<Code> codes) {
  RTFQ_CHECK(v.shape() == codes.shape());
  RTFQ_CHECK(step > 0);
  RTFQ_CHECK(range.min >= std::numeric_limits<Code>::min());
  RTFQ_CHECK(range.max <= std::numeric_limits<Code>::max());
  const int64_t stride = RowStride(v);
  const int64_t code_stride = RowStride(codes);
  Pieces(v.shape()).ForEach(threads, [&](int64_t, int64_t row, int64_t begin,
                                         int64_t size) {
    QuantizeKernel(v.data() + row * stride + begin, size, step,
                   static_cast<float>(range.min), static_cast<float>(range.max),
                   codes.data() + row * code_stride + begin);
  });
}

template <typename Code>
void DequantizeFrom(const ThreadPool& threads, View<const Code> codes,
                    float step, View<float> v) {
  RTFQ_CHECK(v.shape() == codes.shape());
  const int64_t stride = RowStride(v);
  const int64_t code_stride = RowStride(codes);
  Pieces(v.shape()).ForEach(
      threads, [&](int64_t, int64_t row, int64_t begin, int64_t size) {
        DequantizeKernel(codes.data() + row * code_stride + begin, size, step,
                         v.data() + row * stride + begin);
      });
}

}  // namespace

void Quantize(const ThreadPool& threads, View<const float> v, float step,
              CodeRange range, View<uint8_t> codes) {
  QuantizeTo(threads, v, step, range, codes);
}

void Quantize(const ThreadPool& threads, View<const float> v, float step,
              CodeRange range, View<int8_t> codes) {
  QuantizeTo(threads, v, step, range, codes);
}

void Dequantize(const ThreadPool& threads, View<const uint8_t> codes,
                float step, View<float> v) {
  DequantizeFrom(threads, codes, step, v);
}

void Dequantize(const ThreadPool& threads, View<const int8_t> codes, float step,
                View<float> v) {
  DequantizeFrom(threads, codes, step, v);
}

}  // namespace rtfq::ops
