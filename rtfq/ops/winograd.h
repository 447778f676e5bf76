// Winograd's 3x3 convolution in integers: F(2x2,3x3) without any rounding.
//
// Four outputs of a 3x3 window, stride 1, from 16 products a channel instead of
// 36 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
// arXiv 1509.09308, section 4.1):
//
//   Y = A^T [ (G g G^T) * (B^T d B) ] A
//
//   d [4,4] inputs, g [3,3] weights, Y [2,2] outputs, * element by element;
//   A, B hold 0, 1 and -1. G holds 1/2, so that 2G stands here for it and each
//   output is 4 times as large, which a shift undoes exactly.
//
// Ours, because 4-bit codes keep all of it in bytes: -2 * 15 <= B^T d B <=
// 4 * 15 and |2G g 2G^T| <= 9 * 8. Weights of more bits do not fit, 9 * 16 for
// 5. The sums are the same integers, so no result changes.
#ifndef RTFQ_OPS_WINOGRAD_H_
#define RTFQ_OPS_WINOGRAD_H_

#include <array>
#include <cstdint>

namespace rtfq::ops {

inline constexpr int kWinogradOutputs = 2;     // a side
inline constexpr int kWinogradInputs = 4;      // a side
inline constexpr int kWinogradPositions = 16;  // of an input tile

// What is added to transformed inputs so that they are unsigned bytes.
inline constexpr int kWinogradOffset = 128;

// w [I,3,3], weights of one output channel, -> out[k * stride + i], the
// transformed weight at position k of input channel i.
void TransformWeights(const int8_t* w, int64_t in_channels, int8_t* out,
                      int64_t stride);

// These two need AVX-512 with BW.

// x[4 * row + column] [I], the pixels of an input tile, -> out[k * stride + i],
// kWinogradOffset larger than the transformed input at position k.
void TransformInputs(const std::array<const uint8_t*, kWinogradPositions>& x,
                     int64_t in_channels, uint8_t* out, int64_t stride);

// sums[k * stride + c], products at position k summed over the input channels,
// -> y[2 * row + column][c], the convolution's sums; `channels` is a multiple
// of 16.
void TransformSums(const int32_t* sums, int64_t stride, int64_t channels,
                   const std::array<int32_t*, 4>& y);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_WINOGRAD_H_
