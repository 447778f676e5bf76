#include "rtfq/ops/pair_blocks.h"

#include <algorithm>
#include <cstdint>

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
#define RTFQ_INLINE RTFQ_AVX512 __attribute__((always_inline)) inline

RTFQ_INLINE __m256i Load(const Bf16* from, __mmask16 mask) {
  return _mm256_maskz_loadu_epi16(mask, from);
}
RTFQ_INLINE __m128i Load(const uint8_t* from, __mmask16 mask) {
  return _mm_maskz_loadu_epi8(mask, from);
}
RTFQ_INLINE __m128i Load(const int8_t* from, __mmask16 mask) {
  return _mm_maskz_loadu_epi8(mask, from);
}

// The channels from c on that `mask` selects. Nothing of a null pixel is read.
template <typename T>
RTFQ_INLINE auto Channels(const T* pixel, int64_t c, __mmask16 mask) {
  return pixel == nullptr ? Load(pixel, 0) : Load(pixel + c, mask);
}

RTFQ_INLINE __m512i PairOf(const Bf16* first, const Bf16* second, int64_t c,
                           __mmask16 mask) {
  const __m512i low = _mm512_cvtepu16_epi32(Channels(first, c, mask));
  const __m512i high = _mm512_cvtepu16_epi32(Channels(second, c, mask));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

RTFQ_INLINE __m512i Widen(const uint8_t*, __m128i codes) {
  return _mm512_cvtepu8_epi32(codes);
}
RTFQ_INLINE __m512i Widen(const int8_t*, __m128i codes) {
  return _mm512_cvtepi8_epi32(codes);
}

// A code as a number, exactly, is the upper half of an f32.
template <typename Code>
RTFQ_INLINE __m512i PairOf(const Code* first, const Code* second, int64_t c,
                           __mmask16 mask) {
  const __m512 low = _mm512_cvtepi32_ps(Widen(first, Channels(first, c, mask)));
  const __m512 high =
      _mm512_cvtepi32_ps(Widen(second, Channels(second, c, mask)));
  return _mm512_or_si512(_mm512_srli_epi32(_mm512_castps_si512(low), 16),
                         _mm512_castps_si512(high));
}

RTFQ_INLINE __mmask16 MaskOfChannels(int64_t channels) {
  return static_cast<__mmask16>(
      (1u << std::min<int64_t>(channels, kBlockChannels)) - 1);
}

// The next block's pixels, where they follow these as in a dense tensor; the
// processor does not see the pattern itself.
template <typename T>
RTFQ_INLINE void FetchNext(const T* const* pixels, int64_t c,
                           int64_t channels) {
  constexpr int64_t kLine = 64 / sizeof(T);
  if (c % kLine != 0) return;
  const int64_t ahead = kBlockPixels * channels + c;
  for (int64_t k = 0; k < kBlockPixels; ++k) {
    __builtin_prefetch(reinterpret_cast<const void*>(
                           reinterpret_cast<uintptr_t>(pixels[k]) +
                           static_cast<uintptr_t>(ahead) * sizeof(T)),
                       /*rw=*/0, /*locality=*/2);
  }
}

template <typename T>
RTFQ_INLINE void Pack(const T* const* pixels, int64_t channels,
                      Bf16Pair* blocks, int64_t distance) {
  for (int64_t c = 0; c < channels; c += kBlockChannels) {
    const __mmask16 mask = MaskOfChannels(channels - c);
    FetchNext(pixels, c, channels);
    for (int64_t s = 0; s < kBlockSteps; ++s) {
      _mm512_store_si512(blocks + s * kBlockChannels,
                         PairOf(pixels[2 * s], pixels[2 * s + 1], c, mask));
    }
    blocks += distance;
  }
}

// Of four vectors, within each lane of 128 bits: out[k] holds word k of each.
RTFQ_INLINE void TransposeLanes(const __m512i* in, __m512i* out) {
  const __m512i a = _mm512_unpacklo_epi32(in[0], in[1]);
  const __m512i b = _mm512_unpackhi_epi32(in[0], in[1]);
  const __m512i c = _mm512_unpacklo_epi32(in[2], in[3]);
  const __m512i d = _mm512_unpackhi_epi32(in[2], in[3]);
  out[0] = _mm512_unpacklo_epi64(a, c);
  out[1] = _mm512_unpackhi_epi64(a, c);
  out[2] = _mm512_unpacklo_epi64(b, d);
  out[3] = _mm512_unpackhi_epi64(b, d);
}

// Row 4 * l + k of the result: lane l of quarters[0][k], [1][k], [2][k],
// [3][k].
RTFQ_INLINE void StoreRows(const __m512i (*quarters)[4], int k, Bf16Pair* to) {
  const __m512i a = quarters[0][k], b = quarters[1][k];
  const __m512i c = quarters[2][k], d = quarters[3][k];
  const __m512i ab_even = _mm512_shuffle_i32x4(a, b, 0x88);
  const __m512i ab_odd = _mm512_shuffle_i32x4(a, b, 0xdd);
  const __m512i cd_even = _mm512_shuffle_i32x4(c, d, 0x88);
  const __m512i cd_odd = _mm512_shuffle_i32x4(c, d, 0xdd);
  constexpr int64_t kLane = 4 * kBlockSteps;
  to += k * kBlockSteps;
  _mm512_store_si512(to, _mm512_shuffle_i32x4(ab_even, cd_even, 0x88));
  _mm512_store_si512(to + kLane, _mm512_shuffle_i32x4(ab_odd, cd_odd, 0x88));
  _mm512_store_si512(to + 2 * kLane,
                     _mm512_shuffle_i32x4(ab_even, cd_even, 0xdd));
  _mm512_store_si512(to + 3 * kLane,
                     _mm512_shuffle_i32x4(ab_odd, cd_odd, 0xdd));
}

}  // namespace

RTFQ_AVX512 void PackBlocks(const Bf16* const* pixels, int64_t channels,
                            Bf16Pair* blocks, int64_t distance) {
  Pack(pixels, channels, blocks, distance);
}

RTFQ_AVX512 void PackBlocks(const uint8_t* const* pixels, int64_t channels,
                            Bf16Pair* blocks, int64_t distance) {
  Pack(pixels, channels, blocks, distance);
}

RTFQ_AVX512 void PackBlocks(const int8_t* const* pixels, int64_t channels,
                            Bf16Pair* blocks, int64_t distance) {
  Pack(pixels, channels, blocks, distance);
}

RTFQ_AVX512 void PackTransposedBlocks(const Bf16* const* pixels,
                                      int64_t channels, Bf16Pair* blocks,
                                      int64_t distance) {
  for (int64_t c = 0; c < channels; c += kBlockChannels) {
    const __mmask16 mask = MaskOfChannels(channels - c);
    FetchNext(pixels, c, channels);
    __m512i quarters[4][4];
    for (int64_t quarter = 0; quarter < 4; ++quarter) {
      __m512i steps[4];
      for (int64_t s = 0; s < 4; ++s) {
        const Bf16* const* pair = pixels + 2 * (4 * quarter + s);
        steps[s] = PairOf(pair[0], pair[1], c, mask);
      }
      TransposeLanes(steps, quarters[quarter]);
    }
    for (int k = 0; k < 4; ++k) StoreRows(quarters, k, blocks);
    blocks += distance;
  }
}

#else

void PackBlocks(const Bf16* const*, int64_t, Bf16Pair*, int64_t) {
  RTFQ_CHECK(false && "blocks of pairs need AVX-512");
}
void PackBlocks(const uint8_t* const*, int64_t, Bf16Pair*, int64_t) {
  RTFQ_CHECK(false && "blocks of pairs need AVX-512");
}
void PackBlocks(const int8_t* const*, int64_t, Bf16Pair*, int64_t) {
  RTFQ_CHECK(false && "blocks of pairs need AVX-512");
}
void PackTransposedBlocks(const Bf16* const*, int64_t, Bf16Pair*, int64_t) {
  RTFQ_CHECK(false && "blocks of pairs need AVX-512");
}

#endif

}  // namespace rtfq::ops
