#include "rtfq/ops/requantize_avx512.h"

#include "rtfq/core/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// GCC 12 finds its own intrinsics' undefined operands (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace rtfq::ops {

#if defined(__x86_64__)
namespace {

#define RTFQ_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
#define RTFQ_AVX512_INLINE RTFQ_AVX512 __attribute__((always_inline)) inline

constexpr int64_t kLanes = 16;
constexpr int64_t kGroup = 4 * kLanes;  // of codes, stored at once

struct Constants {
  __m512 high, low, cap, zero;
};

RTFQ_AVX512_INLINE Constants ConstantsOf(const CodeStep& step) {
  return {_mm512_set1_ps(step.high), _mm512_set1_ps(step.low),
          _mm512_set1_ps(step.cap), _mm512_setzero_ps()};
}

// Codes in 32 bits of v that are not negative; of NaN a negative number.
RTFQ_AVX512_INLINE __m512i CodesOf(__m512 v, const Constants& k) {
  const __m512 c = _mm512_min_ps(k.cap, v);  // the second where it is NaN
  return _mm512_cvtps_epi32(
      _mm512_fmadd_ps(c, k.high, _mm512_mul_ps(c, k.low)));
}

// Four vectors of codes in their order; negative ones become 0.
RTFQ_AVX512_INLINE __m512i Pack(const __m512i* codes) {
  const __m512i words01 = _mm512_packus_epi32(codes[0], codes[1]);
  const __m512i words23 = _mm512_packus_epi32(codes[2], codes[3]);
  const __m512i lanes = _mm512_packus_epi16(words01, words23);
  const __m512i order =
      _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, lanes);
}

RTFQ_AVX512_INLINE void StoreSome(uint8_t* to, __mmask16 some, __m512i codes) {
  _mm512_mask_cvtusepi32_storeu_epi8(
      to, some, _mm512_max_epi32(codes, _mm512_setzero_si512()));
}

RTFQ_AVX512_INLINE __mmask16 FirstOf(int64_t channels) {
  return channels >= kLanes ? __mmask16{0xffff}
                            : static_cast<__mmask16>((1u << channels) - 1);
}

// float(sum) * scale + bias of one vector at `c` of row `r`.
RTFQ_AVX512_INLINE __m512 AffineAt(const SumRows& in, int64_t r, int64_t c,
                                   __mmask16 some) {
  const __m512 sums = _mm512_cvtepi32_ps(
      _mm512_maskz_loadu_epi32(some, in.sums + r * in.sums_stride + c));
  return _mm512_add_ps(
      _mm512_mul_ps(sums, _mm512_maskz_loadu_ps(some, in.scale + c)),
      _mm512_maskz_loadu_ps(some, in.bias + c));
}

RTFQ_AVX512_INLINE __m512i Requantized(const SumRows& in, int64_t r, int64_t c,
                                       __mmask16 some, const Constants& k) {
  return CodesOf(_mm512_max_ps(k.zero, AffineAt(in, r, c, some)), k);
}

// One vector at `c` of row `r` of the end of a residual block.
template <bool kSums, bool kStores>
RTFQ_AVX512_INLINE __m512i Added(const SumRows& in, const ResidualRows& with,
                                 int64_t r, int64_t c, __mmask16 some,
                                 const Constants& k) {
  const int64_t at = r * in.stride + c;
  __m512 shortcut;
  if constexpr (kSums) {
    shortcut = AffineAt(with.shortcut_sums, r, c, some);
  } else {
    shortcut = _mm512_maskz_loadu_ps(some, with.shortcut + at);
  }
  const __m512 sum = _mm512_add_ps(AffineAt(in, r, c, some), shortcut);
  const __m512 positive = _mm512_max_ps(k.zero, sum);  // NaN and -0 stay
  if constexpr (kStores) _mm512_mask_storeu_ps(with.out + at, some, positive);
  return CodesOf(positive, k);
}

template <bool kSums, bool kStores>
RTFQ_AVX512 void AddReluQuantize(const SumRows& in, const ResidualRows& with) {
  constexpr __mmask16 kAll = 0xffff;
  const Constants k = ConstantsOf(with.step);
  for (int64_t r = 0; r < in.rows; ++r) {
    uint8_t* codes = with.codes + r * in.stride;
    int64_t c = 0;
    for (; c + kGroup <= in.channels; c += kGroup) {
      const __m512i group[] = {
          Added<kSums, kStores>(in, with, r, c, kAll, k),
          Added<kSums, kStores>(in, with, r, c + kLanes, kAll, k),
          Added<kSums, kStores>(in, with, r, c + 2 * kLanes, kAll, k),
          Added<kSums, kStores>(in, with, r, c + 3 * kLanes, kAll, k)};
      _mm512_storeu_si512(codes + c, Pack(group));
    }
    for (; c < in.channels; c += kLanes) {
      const __mmask16 some = FirstOf(in.channels - c);
      StoreSome(codes + c, some,
                Added<kSums, kStores>(in, with, r, c, some, k));
    }
  }
}

}  // namespace

RTFQ_AVX512 void RequantizeAvx512(const SumRows& in, const CodeStep& step,
                                  uint8_t* codes) {
  constexpr __mmask16 kAll = 0xffff;
  const Constants k = ConstantsOf(step);
  for (int64_t r = 0; r < in.rows; ++r, codes += in.stride) {
    int64_t c = 0;
    for (; c + kGroup <= in.channels; c += kGroup) {
      const __m512i group[] = {Requantized(in, r, c, kAll, k),
                               Requantized(in, r, c + kLanes, kAll, k),
                               Requantized(in, r, c + 2 * kLanes, kAll, k),
                               Requantized(in, r, c + 3 * kLanes, kAll, k)};
      _mm512_storeu_si512(codes + c, Pack(group));
    }
    for (; c < in.channels; c += kLanes) {
      const __mmask16 some = FirstOf(in.channels - c);
      StoreSome(codes + c, some, Requantized(in, r, c, some, k));
    }
  }
}

void AddReluQuantizeAvx512(const SumRows& in, const ResidualRows& with) {
  const bool sums = with.shortcut == nullptr;
  if (with.out != nullptr) {
    (sums ? AddReluQuantize<true, true> : AddReluQuantize<false, true>)(in,
                                                                        with);
  } else {
    (sums ? AddReluQuantize<true, false> : AddReluQuantize<false, false>)(in,
                                                                          with);
  }
}

#else

void RequantizeAvx512(const SumRows&, const CodeStep&, uint8_t*) {
  RTFQ_CHECK(false && "needs AVX-512");
}

void AddReluQuantizeAvx512(const SumRows&, const ResidualRows&) {
  RTFQ_CHECK(false && "needs AVX-512");
}

#endif

}  // namespace rtfq::ops
