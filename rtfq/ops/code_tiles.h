// Tiles of exact integer matrix products, on AVX2, AVX-VNNI and AVX-512 with
// VNNI.
#ifndef RTFQ_OPS_CODE_TILES_H_
#define RTFQ_OPS_CODE_TILES_H_

#include <cstdint>

#include "rtfq/core/bit_width.h"

namespace rtfq::ops {

// Processors with AVX2 and nothing newer have no instruction that adds u8 x s8
// products in 32 bits. Those they have:
//
//   kBytes  u8 x s8, two products added in 16 bits with saturation. Codes of
//           less than 8 bits leave room there for several such pairs (8 at 6
//           bits, 136 at 4), which are widened together: fewer bits are faster.
//   kWords  s16 x s16, two products added in 32 bits: all 8-bit codes, in half
//           as many products an instruction.
//
// At 64 and 32 products a cycle where two multiplications start in one, that is
// 4 and 2 times f32, exact, without bounds on the sum but 32 bits. With VNNI:
//
//   kVnniBytes  u8 x s8, four products added in 32 bits: all codes, 4 times f32
//               whatever the bits. Signed inputs are stored as code + 128, and
//               sums begin with what that adds too much.
//   kVnni512Bytes  the same in vectors of 512 bits.
enum class TileKind { kBytes, kWords, kVnniBytes, kVnni512Bytes };

// Which of them there are.
enum class TileSet { kAvx2, kAvxVnni, kAvx512Vnni };

// The kind for such inputs and weights of as many bits.
TileKind TileKindFor(BitWidth bits, Sign sign, TileSet set);

constexpr bool NeedsVnni(TileKind kind) {
  return kind == TileKind::kVnniBytes || kind == TileKind::kVnni512Bytes;
}
constexpr bool NeedsAvx512(TileKind kind) {
  return kind == TileKind::kVnni512Bytes;
}
constexpr bool ReadsBytes(TileKind kind) { return kind != TileKind::kWords; }
// What is added to signed codes that are read as unsigned bytes.
inline constexpr int kSignedOffset = 128;

// A tile is at most so many pixels by two vectors of output channels: their
// sums leave some of 16 or 32 registers free.
constexpr int TilePixels(TileKind kind) { return NeedsAvx512(kind) ? 12 : 6; }
// 32-bit sums of a vector: tiles compute multiples of it.
constexpr int VectorChannels(TileKind kind) {
  return NeedsAvx512(kind) ? 16 : 8;
}
constexpr int TileChannels(TileKind kind) { return 2 * VectorChannels(kind); }

// Products that a step of the inner loop adds to each sum: the reduction is
// padded to multiples of it, with weights of 0.
constexpr int64_t ProductsPerStep(TileKind kind) {
  return ReadsBytes(kind) ? 4 : 2;
}

// Bytes of an input code.
constexpr int64_t InputBytes(TileKind kind) { return ReadsBytes(kind) ? 1 : 2; }

// A reduction: for each of `segments`, `steps` steps over adjacent input codes.
// A segment begins `segment_bytes` behind the one before; of a convolution it
// is a row of the window.
struct Reduction {
  int64_t segments = 1;
  int64_t segment_bytes = 0;
  int64_t steps = 0;
};

// Weights of channels [0, `channels`), at most TileChannels(), from w [O,L]
// with rows of `stride`, for one segment of L codes: [steps][channels rounded
// up to VectorChannels()][ProductsPerStep], zeros where there are none. Returns
// behind the last byte written.
int8_t* PackSegment(TileKind kind, const int8_t* w, int64_t stride,
                    int64_t channels, int64_t length, int8_t* panel);

// sums[p * stride + c] = sum over the reduction of inputs[p] and the panel's
// channel c, for `pixels` of at most TilePixels() and c below `channels`, one
// or two times VectorChannels(), plus start[c]; without `start`, which only
// kinds with VNNI may have, plus 0. `inputs` point at unsigned bytes or signed
// words that may be read to the end of their last step. `bits` are those
// TileKindFor() was asked with. Needs the kind's instruction set.
void RunTile(TileKind kind, BitWidth bits, const void* const* inputs,
             int pixels, int channels, const Reduction& reduction,
             const int32_t* start, const int8_t* panel, int32_t* sums,
             int64_t stride);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CODE_TILES_H_
