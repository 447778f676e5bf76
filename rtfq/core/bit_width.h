// How many bits a code has, and which integers it can be.
#ifndef RTFQ_CORE_BIT_WIDTH_H_
#define RTFQ_CORE_BIT_WIDTH_H_

#include <cstdint>

namespace rtfq {

// Bits of a weight or activation code. kFloat means that the quantizers are
// bypassed and values stay f32 (RTF-F, the full-precision variant).
enum class BitWidth : int {
  k2 = 2,
  k3 = 3,
  k4 = 4,
  k5 = 5,
  k6 = 6,
  k7 = 7,
  k8 = 8,
  kFloat = 32,
};

constexpr int BitsOf(BitWidth bits) { return static_cast<int>(bits); }
constexpr bool IsQuantized(BitWidth bits) { return bits != BitWidth::kFloat; }
constexpr bool IsBitWidth(int64_t bits) {
  return (bits >= 2 && bits <= 8) || bits == 32;
}

// Weights and the stem's images are signed; inputs behind a ReLU are unsigned.
enum class Sign { kUnsigned, kSigned };

// The codes min..max, that is -Q_N..Q_P of paper eq. (1). The paper prints
// Q_N = -2^(b-1) and then clamps at -Q_N; we follow LSQ, Q_N = 2^(b-1).
struct CodeRange {
  int32_t min = 0;
  int32_t max = 0;
  bool operator==(const CodeRange&) const = default;
};

constexpr CodeRange CodesOf(BitWidth bits, Sign sign) {
  const int b = BitsOf(bits);
  if (!IsQuantized(bits)) return {0, 0};
  if (sign == Sign::kUnsigned) return {0, (1 << b) - 1};
  return {-(1 << (b - 1)), (1 << (b - 1)) - 1};
}
static_assert(CodesOf(BitWidth::k4, Sign::kSigned) == CodeRange{-8, 7});
static_assert(CodesOf(BitWidth::k8, Sign::kUnsigned) == CodeRange{0, 255});

}  // namespace rtfq

#endif  // RTFQ_CORE_BIT_WIDTH_H_
