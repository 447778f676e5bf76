#include "rtfq/ops/code_tiles_vnni.h"

#include <array>

#include "rtfq/core/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rtfq::ops {

#if defined(__x86_64__)
namespace {

#define RTFQ_VNNI_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define RTFQ_VNNI RTFQ_VNNI_TARGET __attribute__((always_inline)) inline

// A pixel's step, in assembly as in code_tiles.cc: one multiplication a cycle
// keeps up with its broadcast only while all sums stay in registers.
#define RTFQ_VNNI_STEP_1(DOT)                                 \
  asm("vpbroadcastd %[x], %[b]\n\t" DOT " %[w0], %[b], %[s0]" \
      : [s0] "+v"(sum[0]), [b] "=&v"(b)                       \
      : [x] "m"(*reinterpret_cast<const uint8_t(*)[4]>(x)), [w0] "v"(w[0]))
#define RTFQ_VNNI_STEP_2(DOT)                                               \
  asm("vpbroadcastd %[x], %[b]\n\t" DOT " %[w0], %[b], %[s0]\n\t" DOT       \
      " %[w1], %[b], %[s1]"                                                 \
      : [s0] "+v"(sum[0]), [s1] "+v"(sum[1]), [b] "=&v"(b)                  \
      : [x] "m"(*reinterpret_cast<const uint8_t(*)[4]>(x)), [w0] "v"(w[0]), \
        [w1] "v"(w[1]))

template <TileKind kKind, int kVectors>
RTFQ_VNNI void Step(const uint8_t* x, const __m512i* w, __m512i* sum) {
  __m512i b;
  if constexpr (kKind == TileKind::kVnniBytes && kVectors == 1) {
    RTFQ_VNNI_STEP_1("vpdpbusd");
  } else if constexpr (kKind == TileKind::kVnniBytes) {
    RTFQ_VNNI_STEP_2("vpdpbusd");
  } else if constexpr (kVectors == 1) {
    RTFQ_VNNI_STEP_1("vpdpwssd");
  } else {
    RTFQ_VNNI_STEP_2("vpdpwssd");
  }
}

template <TileKind kKind, int kVectors>
RTFQ_VNNI const int8_t* LoadWeights(const int8_t* panel, __m512i* w) {
  for (int v = 0; v < kVectors; ++v) {
    if constexpr (kKind == TileKind::kVnniBytes) {
      w[v] = _mm512_loadu_si512(panel);
      panel += 64;
    } else {
      w[v] = _mm512_cvtepi8_epi16(
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel)));
      panel += 32;
    }
  }
  return panel;
}

template <TileKind kKind, int kVectors>
RTFQ_VNNI void PutSums(const __m512i* sum, int32_t* sums) {
  for (int v = 0; v < kVectors; ++v) {
    _mm512_storeu_si512(sums + VectorChannels(kKind) * v, sum[v]);
  }
}

// kPixel are 0, 1, ...; unrolled by fold expressions as in code_tiles.cc.
template <TileKind kKind, int kVectors, int... kPixel>
struct Tile {
  RTFQ_VNNI_TARGET static void Run(const void* const* inputs,
                                   const Reduction& reduction,
                                   const int8_t* panel, int32_t* sums,
                                   int64_t stride) {
    __m512i sum[sizeof...(kPixel)][kVectors] = {};
    const uint8_t* x[] = {static_cast<const uint8_t*>(inputs[kPixel])...};
    const int64_t bytes = 4 * reduction.steps;
    for (int64_t s = 0; s < reduction.segments; ++s) {
      const uint8_t* const from[] = {x[kPixel]...};
      for (int64_t at = 0; at < bytes; at += 4) {
        __m512i w[kVectors];
        panel = LoadWeights<kKind, kVectors>(panel, w);
        (Step<kKind, kVectors>(from[kPixel] + at, w, sum[kPixel]), ...);
      }
      ((x[kPixel] += reduction.segment_bytes), ...);
    }
    (PutSums<kKind, kVectors>(sum[kPixel], sums + kPixel * stride), ...);
  }
};

using TileFn = void (*)(const void* const*, const Reduction&, const int8_t*,
                        int32_t*, int64_t);

template <TileKind kKind, int kVectors>
constexpr std::array<TileFn, kTilePixels> kTiles = {
    &Tile<kKind, kVectors, 0>::Run,
    &Tile<kKind, kVectors, 0, 1>::Run,
    &Tile<kKind, kVectors, 0, 1, 2>::Run,
    &Tile<kKind, kVectors, 0, 1, 2, 3>::Run,
    &Tile<kKind, kVectors, 0, 1, 2, 3, 4>::Run,
    &Tile<kKind, kVectors, 0, 1, 2, 3, 4, 5>::Run};

template <TileKind kKind>
TileFn TileOf(int pixels, int channels) {
  const bool one = channels == VectorChannels(kKind);
  return (one ? kTiles<kKind, 1> : kTiles<kKind, 2>)[pixels - 1];
}

}  // namespace

void RunVnniTile(TileKind kind, const void* const* inputs, int pixels,
                 int channels, const Reduction& reduction, const int8_t* panel,
                 int32_t* sums, int64_t stride) {
  const TileFn run = kind == TileKind::kVnniBytes
                         ? TileOf<TileKind::kVnniBytes>(pixels, channels)
                         : TileOf<TileKind::kVnniWords>(pixels, channels);
  run(inputs, reduction, panel, sums, stride);
}

#else

void RunVnniTile(TileKind, const void* const*, int, int, const Reduction&,
                 const int8_t*, int32_t*, int64_t) {
  RTFQ_CHECK(false) << "these tiles of codes need AVX-512 VNNI";
}

#endif

}  // namespace rtfq::ops
