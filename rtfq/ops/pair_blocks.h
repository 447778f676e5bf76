// Blocks of pairs of adjacent pixels, as AMX multiplies them.
#ifndef RTFQ_OPS_PAIR_BLOCKS_H_
#define RTFQ_OPS_PAIR_BLOCKS_H_

#include <cstdint>

#include "rtfq/ops/bf16.h"
#include "rtfq/ops/pair_tiles.h"

namespace rtfq::ops {

// A block is what one tile register holds: a step's pairs of pixels (Bf16Pair,
// pair_tiles.h) of 16 channels, for 16 steps.
inline constexpr int kBlockSteps = 16;
inline constexpr int kBlockChannels = 16;
inline constexpr int kBlockPairs = kBlockSteps * kBlockChannels;
inline constexpr int kBlockPixels = 2 * kBlockSteps;

// The blocks of kBlockPixels pixels, each `channels` numbers of bf16 or codes,
// or null for zeros: the first kBlockChannels channels to `blocks`, the next
// ones `distance` pairs behind, and so on; zeros behind the last channel. Both
// blocks and distance are aligned to 64 bytes.
//
// [kBlockSteps][kBlockChannels], a right factor:
void PackBlocks(const Bf16* const* pixels, int64_t channels, Bf16Pair* blocks,
                int64_t distance);
void PackBlocks(const uint8_t* const* pixels, int64_t channels,
                Bf16Pair* blocks, int64_t distance);
void PackBlocks(const int8_t* const* pixels, int64_t channels, Bf16Pair* blocks,
                int64_t distance);
// [kBlockChannels][kBlockSteps], a left factor:
void PackTransposedBlocks(const Bf16* const* pixels, int64_t channels,
                          Bf16Pair* blocks, int64_t distance);
// They need AVX-512 F, BW and VL.

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_PAIR_BLOCKS_H_
