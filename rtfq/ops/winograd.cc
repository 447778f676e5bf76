#include "rtfq/ops/winograd.h"

#include "rtfq/core/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// GCC 12 finds its own intrinsics' undefined operands (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace rtfq::ops {

void TransformWeights(const int8_t* w, int64_t in_channels, int8_t* out,
                      int64_t stride) {
  for (int64_t i = 0; i < in_channels; ++i, w += 9) {
    int half[4][3];  // 2G g
    for (int column = 0; column < 3; ++column) {
      const int g0 = w[column], g1 = w[3 + column], g2 = w[6 + column];
      half[0][column] = 2 * g0;
      half[1][column] = g0 + g1 + g2;
      half[2][column] = g0 - g1 + g2;
      half[3][column] = 2 * g2;
    }
    for (int row = 0; row < 4; ++row) {
      const int g0 = half[row][0], g1 = half[row][1], g2 = half[row][2];
      int8_t* to = out + 4 * row * stride + i;
      to[0] = static_cast<int8_t>(2 * g0);
      to[stride] = static_cast<int8_t>(g0 + g1 + g2);
      to[2 * stride] = static_cast<int8_t>(g0 - g1 + g2);
      to[3 * stride] = static_cast<int8_t>(2 * g2);
    }
  }
}

#if defined(__x86_64__)
namespace {

#define RTFQ_AVX512 __attribute__((target("avx512f,avx512bw")))
#define RTFQ_AVX512_INLINE RTFQ_AVX512 __attribute__((always_inline)) inline

// B^T applied to four vectors of bytes, `step` apart. They wrap around, and are
// right again once kWinogradOffset is added.
RTFQ_AVX512_INLINE void TransformFour(__m512i* d, int step) {
  const __m512i d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
  d[0] = _mm512_sub_epi8(d0, d2);
  d[step] = _mm512_add_epi8(d1, d2);
  d[2 * step] = _mm512_sub_epi8(d2, d1);
  d[3 * step] = _mm512_sub_epi8(d1, d3);
}

// A^T applied to four vectors of sums.
struct Two {
  __m512i first, second;
};
RTFQ_AVX512_INLINE Two SumFour(__m512i m0, __m512i m1, __m512i m2, __m512i m3) {
  return {_mm512_add_epi32(_mm512_add_epi32(m0, m1), m2),
          _mm512_sub_epi32(_mm512_sub_epi32(m1, m2), m3)};
}

}  // namespace

RTFQ_AVX512 void TransformInputs(
    const std::array<const uint8_t*, kWinogradPositions>& x,
    int64_t in_channels, uint8_t* out, int64_t stride) {
  constexpr int64_t kLanes = 64;
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(kWinogradOffset));
  for (int64_t i = 0; i < in_channels; i += kLanes) {
    const int64_t rest = in_channels - i;
    const __mmask64 some =
        rest >= kLanes ? ~__mmask64{0} : (__mmask64{1} << rest) - 1;
    __m512i d[kWinogradPositions];
    for (int k = 0; k < kWinogradPositions; ++k) {
      d[k] = _mm512_maskz_loadu_epi8(some, x[k] + i);
    }
    for (int row = 0; row < 4; ++row) TransformFour(d + 4 * row, 1);
    for (int column = 0; column < 4; ++column) TransformFour(d + column, 4);
    for (int k = 0; k < kWinogradPositions; ++k) {
      _mm512_mask_storeu_epi8(out + k * stride + i, some,
                              _mm512_add_epi8(d[k], offset));
    }
  }
}

RTFQ_AVX512 void TransformSums(const int32_t* sums, int64_t stride,
                               int64_t channels,
                               const std::array<int32_t*, 4>& y) {
  constexpr int64_t kLanes = 16;
  for (int64_t c = 0; c < channels; c += kLanes) {
    Two columns[4];
    for (int column = 0; column < 4; ++column) {
      const int32_t* m = sums + column * stride + c;
      columns[column] =
          SumFour(_mm512_loadu_si512(m), _mm512_loadu_si512(m + 4 * stride),
                  _mm512_loadu_si512(m + 8 * stride),
                  _mm512_loadu_si512(m + 12 * stride));
    }
    const Two upper = SumFour(columns[0].first, columns[1].first,
                              columns[2].first, columns[3].first);
    const Two lower = SumFour(columns[0].second, columns[1].second,
                              columns[2].second, columns[3].second);
    _mm512_storeu_si512(y[0] + c, _mm512_srai_epi32(upper.first, 2));
    _mm512_storeu_si512(y[1] + c, _mm512_srai_epi32(upper.second, 2));
    _mm512_storeu_si512(y[2] + c, _mm512_srai_epi32(lower.first, 2));
    _mm512_storeu_si512(y[3] + c, _mm512_srai_epi32(lower.second, 2));
  }
}

#else

void TransformInputs(const std::array<const uint8_t*, kWinogradPositions>&,
                     int64_t, uint8_t*, int64_t) {
  RTFQ_CHECK(false && "needs AVX-512");
}

void TransformSums(const int32_t*, int64_t, int64_t,
                   const std::array<int32_t*, 4>&) {
  RTFQ_CHECK(false && "needs AVX-512");
}

#endif

}  // namespace rtfq::ops
