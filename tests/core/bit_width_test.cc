#include "rtfq/core/bit_width.h"

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(BitWidth, AcceptsTwoToEightAndFloat) {
  for (int64_t bits = -3; bits <= 40; ++bits) {
    EXPECT_EQ(IsBitWidth(bits), (bits >= 2 && bits <= 8) || bits == 32) << bits;
  }
  EXPECT_FALSE(IsBitWidth(int64_t{1} << 33));
  EXPECT_TRUE(IsQuantized(BitWidth::k8));
  EXPECT_FALSE(IsQuantized(BitWidth::kFloat));
}

TEST(BitWidth, CodesAreTwoToTheBits) {
  for (int bits = 2; bits <= 8; ++bits) {
    const BitWidth width = static_cast<BitWidth>(bits);
    const CodeRange is_signed = CodesOf(width, Sign::kSigned);
    const CodeRange is_unsigned = CodesOf(width, Sign::kUnsigned);
    EXPECT_EQ(is_signed.max - is_signed.min + 1, 1 << bits);
    EXPECT_EQ(is_signed.min, -is_signed.max - 1);
    EXPECT_EQ(is_unsigned.max - is_unsigned.min + 1, 1 << bits);
    EXPECT_EQ(is_unsigned.min, 0);
  }
}

TEST(BitWidth, FloatHasNoCodes) {
  EXPECT_EQ(CodesOf(BitWidth::kFloat, Sign::kSigned), (CodeRange{0, 0}));
}

}  // namespace
}  // namespace rtfq
