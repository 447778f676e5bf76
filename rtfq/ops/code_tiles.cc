#include "rtfq/ops/code_tiles.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "rtfq/core/check.h"
#include "rtfq/ops/code_tiles_vnni.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rtfq::ops {

TileKind TileKindFor(BitWidth bits, Sign sign, TileSet set) {
  if (set == TileSet::kAvx512Vnni) return TileKind::kVnni512Bytes;
  if (set == TileSet::kAvxVnni) return TileKind::kVnniBytes;
  return bits == BitWidth::k8 || sign == Sign::kSigned ? TileKind::kWords
                                                       : TileKind::kBytes;
}

namespace {

template <int64_t kProducts>
int8_t* PackSteps(const int8_t* w, int64_t stride, int64_t channels,
                  int64_t vector, int64_t length, int8_t* panel) {
  const int64_t whole = length / kProducts, rest = length % kProducts;
  const int64_t padded = (channels + vector - 1) / vector * vector;
  const int64_t step_bytes = padded * kProducts;
  const int64_t bytes = (whole + (rest > 0 ? 1 : 0)) * step_bytes;
  if (padded > channels || rest > 0) {
    std::memset(panel, 0, static_cast<size_t>(bytes));
  }
  for (int64_t c = 0; c < channels; ++c) {
    const int8_t* from = w + c * stride;
    int8_t* to = panel + c * kProducts;
    for (int64_t i = 0; i < whole; ++i, from += kProducts, to += step_bytes) {
      std::memcpy(to, from, kProducts);
    }
    for (int64_t j = 0; j < rest; ++j) to[j] = from[j];
  }
  return panel + bytes;
}

}  // namespace

int8_t* PackSegment(TileKind kind, const int8_t* w, int64_t stride,
                    int64_t channels, int64_t length, int8_t* panel) {
  const auto pack = ReadsBytes(kind) ? &PackSteps<4> : &PackSteps<2>;
  return pack(w, stride, channels, VectorChannels(kind), length, panel);
}

#if defined(__x86_64__)
namespace {

#define RTFQ_AVX2 __attribute__((target("avx2"), always_inline)) inline

// So many steps of two pairs fit into 16 bits.
int64_t StepsIn16Bits(BitWidth bits) {
  const int64_t pair = 2 * CodesOf(bits, Sign::kUnsigned).max *
                       -CodesOf(bits, Sign::kSigned).min;
  return 32767 / pair;
}

// The instructions of a pixel and a step, in assembly for one reason: compilers
// load all pixels' codes first and have then no registers left for the sums.
#define RTFQ_STEP_1(MULTIPLY, ADD)                                        \
  asm("vpbroadcastd %[x], %[b]\n\t" MULTIPLY " %[w0], %[b], %[b]\n\t" ADD \
      " %[b], %[s0], %[s0]"                                               \
      : [s0] "+x"(sum[0]), [b] "=&x"(b)                                   \
      : [x] "m"(*reinterpret_cast<const uint8_t(*)[4]>(x)), [w0] "x"(w[0]))
#define RTFQ_STEP_2(MULTIPLY, ADD)                                             \
  asm("vpbroadcastd %[x], %[b]\n\t" MULTIPLY " %[w0], %[b], %[t]\n\t" MULTIPLY \
      " %[w1], %[b], %[b]\n\t" ADD " %[t], %[s0], %[s0]\n\t" ADD               \
      " %[b], %[s1], %[s1]"                                                    \
      : [s0] "+x"(sum[0]), [s1] "+x"(sum[1]), [b] "=&x"(b), [t] "=&x"(t)       \
      : [x] "m"(*reinterpret_cast<const uint8_t(*)[4]>(x)), [w0] "x"(w[0]),    \
        [w1] "x"(w[1]))

// Encoded as processors without AVX-512 have it.
#define RTFQ_DOT "%{vex%} vpdpbusd"
#define RTFQ_DOT_1                                                 \
  asm("vpbroadcastd %[x], %[b]\n\t" RTFQ_DOT " %[w0], %[b], %[s0]" \
      : [s0] "+x"(sum[0]), [b] "=&x"(b)                            \
      : [x] "m"(*reinterpret_cast<const uint8_t(*)[4]>(x)), [w0] "x"(w[0]))
#define RTFQ_DOT_2                                                          \
  asm("vpbroadcastd %[x], %[b]\n\t" RTFQ_DOT                                \
      " %[w0], %[b], %[s0]\n\t" RTFQ_DOT " %[w1], %[b], %[s1]"              \
      : [s0] "+x"(sum[0]), [s1] "+x"(sum[1]), [b] "=&x"(b)                  \
      : [x] "m"(*reinterpret_cast<const uint8_t(*)[4]>(x)), [w0] "x"(w[0]), \
        [w1] "x"(w[1]))

template <TileKind kKind, int kVectors>
RTFQ_AVX2 void Step(const uint8_t* x, const __m256i* w, __m256i* sum) {
  __m256i b;
  [[maybe_unused]] __m256i t;
  if constexpr (kKind == TileKind::kVnniBytes && kVectors == 1) {
    RTFQ_DOT_1;
  } else if constexpr (kKind == TileKind::kVnniBytes) {
    RTFQ_DOT_2;
  } else if constexpr (kKind == TileKind::kBytes && kVectors == 1) {
    RTFQ_STEP_1("vpmaddubsw", "vpaddw");
  } else if constexpr (kKind == TileKind::kBytes) {
    RTFQ_STEP_2("vpmaddubsw", "vpaddw");
  } else if constexpr (kVectors == 1) {
    RTFQ_STEP_1("vpmaddwd", "vpaddd");
  } else {
    RTFQ_STEP_2("vpmaddwd", "vpaddd");
  }
}

template <int kVectors>
RTFQ_AVX2 void GetSums(const int32_t* from, __m256i* sum) {
  for (int v = 0; v < kVectors; ++v) {
    sum[v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from) + v);
  }
}

template <TileKind kKind, int kVectors>
RTFQ_AVX2 const int8_t* LoadWeights(const int8_t* panel, __m256i* w) {
  for (int v = 0; v < kVectors; ++v) {
    if constexpr (ReadsBytes(kKind)) {
      w[v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel));
      panel += 32;
    } else {
      w[v] = _mm256_cvtepi8_epi16(
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(panel)));
      panel += 16;
    }
  }
  return panel;
}

// sums (+)= what the steps of a pixel added up.
template <TileKind kKind, int kVectors>
RTFQ_AVX2 void PutSums(const __m256i* sum, bool add, int32_t* sums) {
  for (int v = 0; v < kVectors; ++v) {
    auto* to = reinterpret_cast<__m256i*>(sums + VectorChannels(kKind) * v);
    __m256i more = sum[v];
    if constexpr (kKind == TileKind::kBytes) {
      more = _mm256_madd_epi16(more, _mm256_set1_epi16(1));  // to 32 bits
    }
    if (add) more = _mm256_add_epi32(more, _mm256_loadu_si256(to));
    _mm256_storeu_si256(to, more);
  }
}

// A tile; kPixel are 0, 1, ... Pixels are unrolled by fold expressions: with a
// loop over them compilers keep the accumulators in memory.
template <TileKind kKind, int kVectors, int... kPixel>
struct Tile {
  static constexpr int kPixels = sizeof...(kPixel);

  __attribute__((target("avx2"))) static const int8_t* AddSteps(
      const uint8_t* const* x, int64_t at, int64_t steps, const int32_t* start,
      const int8_t* panel, bool add, int32_t* sums, int64_t stride) {
    __m256i sum[kPixels][kVectors] = {};
    if (start != nullptr && !add) (GetSums<kVectors>(start, sum[kPixel]), ...);
    const uint8_t* const from[] = {x[kPixel]...};
    for (const int64_t end = at + 4 * steps; at < end; at += 4) {
      __m256i w[kVectors];
      panel = LoadWeights<kKind, kVectors>(panel, w);
      (Step<kKind, kVectors>(from[kPixel] + at, w, sum[kPixel]), ...);
    }
    (PutSums<kKind, kVectors>(sum[kPixel], add, sums + kPixel * stride), ...);
    return panel;
  }

  static void Run(const void* const* inputs, const Reduction& reduction,
                  int64_t most_steps, const int32_t* start, const int8_t* panel,
                  int32_t* sums, int64_t stride) {
    const uint8_t* x[] = {static_cast<const uint8_t*>(inputs[kPixel])...};
    bool add = false;
    for (int64_t s = 0; s < reduction.segments; ++s) {
      for (int64_t i = 0; i < reduction.steps; i += most_steps) {
        panel = AddSteps(x, 4 * i, std::min(most_steps, reduction.steps - i),
                         start, panel, add, sums, stride);
        add = true;
      }
      ((x[kPixel] += reduction.segment_bytes), ...);
    }
  }
};

using TileFn = void (*)(const void* const*, const Reduction&, int64_t,
                        const int32_t*, const int8_t*, int32_t*, int64_t);

template <TileKind kKind, int kVectors>
constexpr std::array<TileFn, TilePixels(kKind)> kTiles = {
    &Tile<kKind, kVectors, 0>::Run,
    &Tile<kKind, kVectors, 0, 1>::Run,
    &Tile<kKind, kVectors, 0, 1, 2>::Run,
    &Tile<kKind, kVectors, 0, 1, 2, 3>::Run,
    &Tile<kKind, kVectors, 0, 1, 2, 3, 4>::Run,
    &Tile<kKind, kVectors, 0, 1, 2, 3, 4, 5>::Run};

// Those of 1, 2, ... pixels.
const TileFn* TileOf(TileKind kind, int channels) {
  const bool one = channels == VectorChannels(kind);
  switch (kind) {
    case TileKind::kBytes:
      return (one ? kTiles<TileKind::kBytes, 1> : kTiles<TileKind::kBytes, 2>)
          .data();
    case TileKind::kWords:
      return (one ? kTiles<TileKind::kWords, 1> : kTiles<TileKind::kWords, 2>)
          .data();
    default:
      return (one ? kTiles<TileKind::kVnniBytes, 1>
                  : kTiles<TileKind::kVnniBytes, 2>)
          .data();
  }
}

}  // namespace

void RunTile(TileKind kind, BitWidth bits, const void* const* inputs,
             int pixels, int channels, const Reduction& reduction,
             const int32_t* start, const int8_t* panel, int32_t* sums,
             int64_t stride) {
  if (NeedsAvx512(kind)) {
    RunVnniTile(inputs, pixels, channels, reduction, start, panel, sums,
                stride);
    return;
  }
  RTFQ_CHECK(start == nullptr || NeedsVnni(kind));
  const int64_t most_steps =
      kind == TileKind::kBytes ? StepsIn16Bits(bits) : reduction.steps;
  TileOf(kind, channels)[pixels - 1](inputs, reduction, most_steps, start,
                                     panel, sums, stride);
}

#else

void RunTile(TileKind, BitWidth, const void* const*, int, int, const Reduction&,
             const int32_t*, const int8_t*, int32_t*, int64_t) {
  RTFQ_CHECK(false && "tiles of codes need AVX2");
}

#endif

}  // namespace rtfq::ops
