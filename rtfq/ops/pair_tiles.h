// Tiles of sums of products of pairs of bf16, on AVX-512 with BF16.
#ifndef RTFQ_OPS_PAIR_TILES_H_
#define RTFQ_OPS_PAIR_TILES_H_

#include <cstdint>

namespace rtfq::ops {

// Two bf16 in 32 bits, the earlier one below. A panel is a matrix [steps,width]
// of them: a step's two numbers of each channel are those of two adjacent
// pixels, which one instruction multiplies and adds.
using Bf16Pair = uint32_t;

// A tile is at most so many rows by two vectors of columns; rows are a multiple
// of kRowUnit.
inline constexpr int kTileRows = 12;
inline constexpr int kRowUnit = 4;
inline constexpr int kVectorColumns = 16;
inline constexpr int kTileColumns = 2 * kVectorColumns;

// What is added up: `steps` adjacent steps of both panels, `lines` times,
// `images` times. The left panel has no gaps; in the right one a line begins
// `line` steps behind the one before, an image's first line `image` steps
// behind that of the one before.
struct PairReduction {
  int64_t images = 1, image = 0;
  int64_t lines = 1, line = 0;
  int64_t steps = 0;
};

// sums[r * stride + c] (+)= sum over the steps and both halves of
// left[step, r] * right[step, c], for `rows` of 4, 8 or 12 and `columns` of 16
// or 32; `left_width` and `right_width` pairs lie between two steps. Sums are
// in f32 in the order of the steps; `add` to what is there, or instead of it.
// Needs AVX512-BF16.
void RunPairTile(const Bf16Pair* left, int64_t left_width, int rows,
                 const Bf16Pair* right, int64_t right_width, int columns,
                 const PairReduction& reduction, bool add, float* sums,
                 int64_t stride);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_PAIR_TILES_H_
