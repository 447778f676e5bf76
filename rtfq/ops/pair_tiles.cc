#include "rtfq/ops/pair_tiles.h"

#include "rtfq/core/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rtfq::ops {

#if defined(__x86_64__)
namespace {

#define RTFQ_BF16_TARGET __attribute__((target("avx512f,avx512bf16")))
#define RTFQ_BF16 RTFQ_BF16_TARGET __attribute__((always_inline)) inline

// A row's step, in assembly as in code_tiles.cc: sums must stay in registers.
template <int kVectors>
RTFQ_BF16 void Step(const Bf16Pair* left, const __m512* right, __m512* sum) {
  __m512 b;
  if constexpr (kVectors == 1) {
    asm("vbroadcastss %[l], %[b]\n\t"
        "vdpbf16ps %[r0], %[b], %[s0]"
        : [s0] "+v"(sum[0]), [b] "=&v"(b)
        : [l] "m"(*left), [r0] "v"(right[0]));
  } else {
    asm("vbroadcastss %[l], %[b]\n\t"
        "vdpbf16ps %[r0], %[b], %[s0]\n\t"
        "vdpbf16ps %[r1], %[b], %[s1]"
        : [s0] "+v"(sum[0]), [s1] "+v"(sum[1]), [b] "=&v"(b)
        : [l] "m"(*left), [r0] "v"(right[0]), [r1] "v"(right[1]));
  }
}

template <int kVectors>
RTFQ_BF16 void PutSums(const __m512* sum, bool add, float* sums) {
  for (int v = 0; v < kVectors; ++v) {
    float* to = sums + kVectorColumns * v;
    const __m512 old = add ? _mm512_loadu_ps(to) : _mm512_setzero_ps();
    _mm512_storeu_ps(to, _mm512_add_ps(old, sum[v]));
  }
}

// kRow are 0, 1, ...; unrolled by fold expressions as in code_tiles.cc.
template <int kVectors, int... kRow>
struct Tile {
  RTFQ_BF16_TARGET static void Run(const Bf16Pair* left, int64_t left_width,
                                   const Bf16Pair* right, int64_t right_width,
                                   const PairReduction& reduction, bool add,
                                   float* sums, int64_t stride) {
    __m512 sum[sizeof...(kRow)][kVectors] = {};
    for (int64_t n = 0; n < reduction.images; ++n) {
      for (int64_t p = 0; p < reduction.lines; ++p) {
        const Bf16Pair* at =
            right + (n * reduction.image + p * reduction.line) * right_width;
        for (int64_t i = 0; i < reduction.steps; ++i) {
          __m512 r[kVectors];
          for (int v = 0; v < kVectors; ++v) {
            r[v] = _mm512_loadu_ps(at + kVectorColumns * v);
          }
          (Step<kVectors>(left + kRow, r, sum[kRow]), ...);
          left += left_width;
          at += right_width;
        }
      }
    }
    (PutSums<kVectors>(sum[kRow], add, sums + kRow * stride), ...);
  }
};

using TileFn = void (*)(const Bf16Pair*, int64_t, const Bf16Pair*, int64_t,
                        const PairReduction&, bool, float*, int64_t);

template <int kVectors>
TileFn TileOf(int rows) {
  switch (rows) {
    case 4:
      return &Tile<kVectors, 0, 1, 2, 3>::Run;
    case 8:
      return &Tile<kVectors, 0, 1, 2, 3, 4, 5, 6, 7>::Run;
    default:
      RTFQ_CHECK(rows == kTileRows);
      return &Tile<kVectors, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11>::Run;
  }
}

}  // namespace

void RunPairTile(const Bf16Pair* left, int64_t left_width, int rows,
                 const Bf16Pair* right, int64_t right_width, int columns,
                 const PairReduction& reduction, bool add, float* sums,
                 int64_t stride) {
  const TileFn run =
      columns == kVectorColumns ? TileOf<1>(rows) : TileOf<2>(rows);
  run(left, left_width, right, right_width, reduction, add, sums, stride);
}

#else

void RunPairTile(const Bf16Pair*, int64_t, int, const Bf16Pair*, int64_t, int,
                 const PairReduction&, bool, float*, int64_t) {
  RTFQ_CHECK(false && "tiles of bf16 pairs need AVX512-BF16");
}

#endif

}  // namespace rtfq::ops
