// Tiles of sums of products of pairs of bf16, on AMX.
#ifndef RTFQ_OPS_AMX_PAIR_TILES_H_
#define RTFQ_OPS_AMX_PAIR_TILES_H_

#include <cstdint>

#include "rtfq/ops/pair_blocks.h"

namespace rtfq::ops {

// `count` panels, 1 or 2, `distance` pairs apart: each the blocks
// (pair_blocks.h) of kBlockChannels channels, one behind the other, aligned to
// 64 bytes.
struct PairPanels {
  const Bf16Pair* first = nullptr;
  int64_t distance = 0;
  int count = 1;
};

// What is added up: `blocks` adjacent blocks of both panels, `images` times.
// The left panel has no gaps; in the right one an image begins `image` steps
// behind the one before, with whatever step of a block.
struct BlockReduction {
  int64_t images = 1, image = 0;
  int64_t blocks = 0;
};

// The tile registers of the calling thread, from construction to destruction.
// Needs AMX with bf16, and the kernel's leave for this process to use it.
class AmxPairTiles {
 public:
  AmxPairTiles();
  ~AmxPairTiles();
  AmxPairTiles(const AmxPairTiles&) = delete;
  AmxPairTiles& operator=(const AmxPairTiles&) = delete;

  // sums[r * stride + c] (+)= sum over the steps and both halves of
  // left[r, step] * right[step, c], for all channels r of the transposed panels
  // `left` and c of `right`. Sums are in f32 in the order of the steps; `add`
  // to what is there, or instead of it.
  void Run(const PairPanels& left, const PairPanels& right,
           const BlockReduction& reduction, bool add, float* sums,
           int64_t stride);
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_AMX_PAIR_TILES_H_
