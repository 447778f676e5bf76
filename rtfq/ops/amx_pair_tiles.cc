#include "rtfq/ops/amx_pair_tiles.h"

#include "rtfq/core/check.h"
#include "rtfq/ops/amx_registers.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rtfq::ops {

#if defined(__x86_64__)
namespace {

#define RTFQ_AMX __attribute__((target("amx-tile,amx-bf16")))

// The intrinsics do not tell the compiler what memory they read.
#define RTFQ_MEMORY_IS_READ asm volatile("" ::: "memory")

constexpr int kTiles = 8;
constexpr int kRowBytes = 64;
static_assert(kBlockPairs * sizeof(Bf16Pair) == kBlockSteps * kRowBytes);

// Registers, all of 16 rows of 64 bytes: 0 to 3 sums of [two left tiles][two
// right ones], 4 and 5 left, 6 and 7 right.

template <bool kTwoLeft, bool kTwoRight>
RTFQ_AMX __attribute__((always_inline)) inline void BeginSums(bool add,
                                                              const float* sums,
                                                              int64_t stride) {
  const int64_t stride_bytes = stride * int64_t{sizeof(float)};
  const float* below = sums + kBlockChannels * stride;
  if (add) {
    _tile_loadd(0, sums, stride_bytes);
    if constexpr (kTwoRight) {
      _tile_loadd(1, sums + kBlockChannels, stride_bytes);
    }
    if constexpr (kTwoLeft) _tile_loadd(2, below, stride_bytes);
    if constexpr (kTwoLeft && kTwoRight) {
      _tile_loadd(3, below + kBlockChannels, stride_bytes);
    }
  } else {
    _tile_zero(0);
    if constexpr (kTwoRight) _tile_zero(1);
    if constexpr (kTwoLeft) _tile_zero(2);
    if constexpr (kTwoLeft && kTwoRight) _tile_zero(3);
  }
}

template <bool kTwoLeft, bool kTwoRight>
RTFQ_AMX void RunTiles(const PairPanels& left, const PairPanels& right,
                       const BlockReduction& reduction, bool add, float* sums,
                       int64_t stride) {
  const int64_t stride_bytes = stride * int64_t{sizeof(float)};
  float* below = sums + kBlockChannels * stride;
  RTFQ_MEMORY_IS_READ;
  BeginSums<kTwoLeft, kTwoRight>(add, sums, stride);
  const Bf16Pair* a = left.first;
  for (int64_t n = 0; n < reduction.images; ++n) {
    const Bf16Pair* b = right.first + n * reduction.image * kBlockChannels;
    for (int64_t i = 0; i < reduction.blocks; ++i) {
      _tile_loadd(4, a, kRowBytes);
      _tile_loadd(6, b, kRowBytes);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (kTwoRight) {
        _tile_loadd(7, b + right.distance, kRowBytes);
        _tile_dpbf16ps(1, 4, 7);
      }
      if constexpr (kTwoLeft) {
        _tile_loadd(5, a + left.distance, kRowBytes);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (kTwoRight) _tile_dpbf16ps(3, 5, 7);
      }
      a += kBlockPairs;
      b += kBlockPairs;
    }
  }
  _tile_stored(0, sums, stride_bytes);
  if constexpr (kTwoRight) {
    _tile_stored(1, sums + kBlockChannels, stride_bytes);
  }
  if constexpr (kTwoLeft) _tile_stored(2, below, stride_bytes);
  if constexpr (kTwoLeft && kTwoRight) {
    _tile_stored(3, below + kBlockChannels, stride_bytes);
  }
  RTFQ_MEMORY_IS_READ;
}

}  // namespace

AmxPairTiles::AmxPairTiles() {
  AmxConfig config;
  for (int tile = 0; tile < kTiles; ++tile) {
    config.Set(tile, kBlockSteps, kRowBytes);
  }
  LoadAmxConfig(config);
}

AmxPairTiles::~AmxPairTiles() { ReleaseAmx(); }

void AmxPairTiles::Run(const PairPanels& left, const PairPanels& right,
                       const BlockReduction& reduction, bool add, float* sums,
                       int64_t stride) {
  if (left.count == 1) {
    const auto run =
        right.count == 1 ? &RunTiles<false, false> : &RunTiles<false, true>;
    run(left, right, reduction, add, sums, stride);
  } else {
    const auto run =
        right.count == 1 ? &RunTiles<true, false> : &RunTiles<true, true>;
    run(left, right, reduction, add, sums, stride);
  }
}

#else

AmxPairTiles::AmxPairTiles() = default;
AmxPairTiles::~AmxPairTiles() = default;
void AmxPairTiles::Run(const PairPanels&, const PairPanels&,
                       const BlockReduction&, bool, float*, int64_t) {
  RTFQ_CHECK(false && "these tiles of bf16 pairs need AMX");
}

#endif

}  // namespace rtfq::ops
