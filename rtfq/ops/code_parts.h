// Codes cut into parts whose integer convolutions are exact and add up.
#ifndef RTFQ_OPS_CODE_PARTS_H_
#define RTFQ_OPS_CODE_PARTS_H_

#include <cstdint>
#include <vector>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// Which part of the codes a convolution reads, as unsigned bytes of at most
// 128: q / 16 and q % 16 of unsigned ones, max(q, 0) and max(-q, 0) of signed
// ones, or all (conv2d_code_groups.h says why).
enum class Part { kWhole, kLowNibble, kHighNibble, kPositive, kNegative };

// The parts for these codes; `exact_u8` where u8 x s8 products do not saturate.
// The first one's factor is 1.
std::vector<Part> PartsFor(BitWidth bits, Sign sign, bool exact_u8);

// What the part's sums are multiplied with in the whole.
int32_t FactorOf(Part part);

// The largest value of the part.
int64_t LargestCodeOf(Part part, BitWidth bits, Sign sign);

// out[n,h,w,:] = the part of channels [begin, begin + channels) of x [N,H,W,C].
void CopyPart(const ThreadPool& threads, View<const uint8_t> x, int64_t begin,
              int64_t channels, Part part, uint8_t* out);

// acc += factor * sums; dense.
void Accumulate(const ThreadPool& threads, const int32_t* sums, int32_t factor,
                View<int32_t> acc);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CODE_PARTS_H_
