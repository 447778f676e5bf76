#include "rtfq/ops/code_parts.h"

#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// Above it, a u8 x s8 kernel without VNNI may saturate: 2 * 128 * 128 = 2^15.
constexpr int32_t kLargestExactCode = 128;
// Unsigned 8-bit codes are cut into halves of four bits, not at 128: so small
// products let f32 hold the sum of 8,738 of them, all a ResNet-50 needs.
constexpr int32_t kNibble = 16;
constexpr int64_t kCopyGrain = 256;     // pixels
constexpr int64_t kCutGrain = 1 << 16;  // bytes
constexpr int64_t kAccumulateGrain = 1 << 14;

// The part of each code as an unsigned byte of at most 128 (kWhole: as it is).
RTFQ_MULTIVERSION
void CutKernel(const uint8_t* __restrict codes, int64_t count, Part part,
               uint8_t* __restrict out) {
  switch (part) {
    case Part::kWhole:
      for (int64_t i = 0; i < count; ++i) out[i] = codes[i];
      break;
    case Part::kLowNibble:
      for (int64_t i = 0; i < count; ++i) out[i] = codes[i] & (kNibble - 1);
      break;
    case Part::kHighNibble:
      for (int64_t i = 0; i < count; ++i) out[i] = codes[i] / kNibble;
      break;
    case Part::kPositive:
      for (int64_t i = 0; i < count; ++i) {
        out[i] = codes[i] < 128 ? codes[i] : 0;
      }
      break;
    case Part::kNegative:
      // 256 less the byte of a negative code is its magnitude.
      for (int64_t i = 0; i < count; ++i) {
        out[i] = codes[i] < 128 ? 0 : static_cast<uint8_t>(-codes[i]);
      }
      break;
  }
}

RTFQ_MULTIVERSION
void AccumulateKernel(const int32_t* __restrict sums, int64_t count,
                      int32_t factor, int32_t* __restrict acc) {
  for (int64_t i = 0; i < count; ++i) acc[i] += factor * sums[i];
}

}  // namespace

int32_t FactorOf(Part part) {
  if (part == Part::kHighNibble) return kNibble;
  return part == Part::kNegative ? -1 : 1;
}

int64_t LargestCodeOf(Part part, BitWidth bits, Sign sign) {
  if (part == Part::kLowNibble || part == Part::kHighNibble) return kNibble - 1;
  return part == Part::kWhole ? CodesOf(bits, sign).max : kLargestExactCode;
}

std::vector<Part> PartsFor(BitWidth bits, Sign sign, bool exact_u8) {
  if (sign == Sign::kSigned) {
    // Also with VNNI: oneDNN's s8 x s8 kernels scale the weights down on some
    // machines, and the stem alone has signed codes.
    return {Part::kPositive, Part::kNegative};
  }
  const bool may_saturate =
      CodesOf(bits, sign).max > kLargestExactCode && !exact_u8;
  if (may_saturate) return {Part::kLowNibble, Part::kHighNibble};
  return {Part::kWhole};
}

void CopyPart(const ThreadPool& threads, View<const uint8_t> x, int64_t begin,
              int64_t channels, Part part, uint8_t* out) {
  const int64_t all = x.shape()[3];
  if (channels == all) {
    threads.For(x.count(), kCutGrain, [&](int64_t first, int64_t last) {
      CutKernel(x.data() + first, last - first, part, out + first);
    });
    return;
  }
  threads.For(x.count() / all, kCopyGrain, [&](int64_t first, int64_t last) {
    for (int64_t pixel = first; pixel < last; ++pixel) {
      CutKernel(x.data() + pixel * all + begin, channels, part,
                out + pixel * channels);
    }
  });
}

void Accumulate(const ThreadPool& threads, const int32_t* sums, int32_t factor,
                View<int32_t> acc) {
  threads.For(acc.count(), kAccumulateGrain, [&](int64_t begin, int64_t end) {
    AccumulateKernel(sums + begin, end - begin, factor, acc.data() + begin);
  });
}

}  // namespace rtfq::ops
