#include "rtfq/ops/code_tiles_vnni.h"

#include <array>
#include <cstddef>
#include <utility>

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

constexpr TileKind kKind = TileKind::kVnni512Bytes;
constexpr int kLanes = VectorChannels(kKind);

// A pixel's step, in assembly as in code_tiles.cc: one multiplication a cycle
// keeps up with its broadcast only while all sums stay in registers.
template <int kVectors>
RTFQ_VNNI void Step(const uint8_t* x, const __m512i* w, __m512i* sum) {
  __m512i b;
  if constexpr (kVectors == 1) {
    asm("vpbroadcastd %[x], %[b]\n\t"
        "vpdpbusd %[w0], %[b], %[s0]"
        : [s0] "+v"(sum[0]), [b] "=&v"(b)
        : [x] "m"(*reinterpret_cast<const uint8_t(*)[4]>(x)), [w0] "v"(w[0]));
  } else {
    asm("vpbroadcastd %[x], %[b]\n\t"
        "vpdpbusd %[w0], %[b], %[s0]\n\t"
        "vpdpbusd %[w1], %[b], %[s1]"
        : [s0] "+v"(sum[0]), [s1] "+v"(sum[1]), [b] "=&v"(b)
        : [x] "m"(*reinterpret_cast<const uint8_t(*)[4]>(x)), [w0] "v"(w[0]),
          [w1] "v"(w[1]));
  }
}

template <int kVectors>
RTFQ_VNNI void GetVectors(const void* from, __m512i* vectors) {
  for (int v = 0; v < kVectors; ++v) {
    vectors[v] = _mm512_loadu_si512(static_cast<const __m512i*>(from) + v);
  }
}

template <int kVectors>
RTFQ_VNNI void PutVectors(const __m512i* vectors, int32_t* to) {
  for (int v = 0; v < kVectors; ++v) {
    _mm512_storeu_si512(to + kLanes * v, vectors[v]);
  }
}

// kPixel are 0, 1, ...; unrolled by fold expressions as in code_tiles.cc.
template <int kVectors, typename Pixels>
struct Tile;
template <int kVectors, size_t... kPixel>
struct Tile<kVectors, std::index_sequence<kPixel...>> {
  RTFQ_VNNI_TARGET static void Run(const void* const* inputs,
                                   const Reduction& reduction,
                                   const int32_t* start, const int8_t* panel,
                                   int32_t* sums, int64_t stride) {
    __m512i sum[sizeof...(kPixel)][kVectors] = {};
    if (start != nullptr) (GetVectors<kVectors>(start, sum[kPixel]), ...);
    const uint8_t* x[] = {static_cast<const uint8_t*>(inputs[kPixel])...};
    const int64_t bytes = 4 * reduction.steps;
    for (int64_t s = 0; s < reduction.segments; ++s) {
      const uint8_t* const from[] = {x[kPixel]...};
      for (int64_t at = 0; at < bytes; at += 4) {
        __m512i w[kVectors];
        GetVectors<kVectors>(panel, w);
        panel += kVectors * sizeof(__m512i);
        (Step<kVectors>(from[kPixel] + at, w, sum[kPixel]), ...);
      }
      ((x[kPixel] += reduction.segment_bytes), ...);
    }
    (PutVectors<kVectors>(sum[kPixel], sums + kPixel * stride), ...);
  }
};

using TileFn = void (*)(const void* const*, const Reduction&, const int32_t*,
                        const int8_t*, int32_t*, int64_t);

// Those of 1, 2, ... pixels.
template <int kVectors, size_t... kLess>
constexpr std::array<TileFn, sizeof...(kLess)> Tiles(
    std::index_sequence<kLess...>) {
  return {&Tile<kVectors, std::make_index_sequence<kLess + 1>>::Run...};
}
template <int kVectors>
constexpr auto kTiles =
    Tiles<kVectors>(std::make_index_sequence<TilePixels(kKind)>());

}  // namespace

void RunVnniTile(const void* const* inputs, int pixels, int channels,
                 const Reduction& reduction, const int32_t* start,
                 const int8_t* panel, int32_t* sums, int64_t stride) {
  const auto& tiles = channels == kLanes ? kTiles<1> : kTiles<2>;
  tiles[pixels - 1](inputs, reduction, start, panel, sums, stride);
}

#else

void RunVnniTile(const void* const*, int, int, const Reduction&, const int32_t*,
                 const int8_t*, int32_t*, int64_t) {
  RTFQ_CHECK(false && "these tiles of codes need AVX-512 VNNI");
}

#endif

}  // namespace rtfq::ops
