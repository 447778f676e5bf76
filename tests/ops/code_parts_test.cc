#include "rtfq/ops/code_parts.h"

#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq::ops {
namespace {

using ::testing::ElementsAre;

TEST(CodeParts, WhichPartsAreNeeded) {
  EXPECT_THAT(PartsFor(BitWidth::k8, Sign::kUnsigned, false),
              ElementsAre(Part::kLowNibble, Part::kHighNibble));
  EXPECT_THAT(PartsFor(BitWidth::k8, Sign::kUnsigned, true),
              ElementsAre(Part::kWhole));
  EXPECT_THAT(PartsFor(BitWidth::k6, Sign::kUnsigned, false),
              ElementsAre(Part::kWhole));
  EXPECT_THAT(PartsFor(BitWidth::k8, Sign::kSigned, true),
              ElementsAre(Part::kPositive, Part::kNegative));
}

// Every code is the sum of its parts, none of which is above its bound or 128.
TEST(CodeParts, PartsAddUpToEveryCode) {
  const ThreadPool threads(2);
  for (const Sign sign : {Sign::kUnsigned, Sign::kSigned}) {
    auto x = TensorOf<uint8_t>::Uninitialized({1, 1, 4, 64});
    for (int i = 0; i < 256; ++i) x.data()[i] = static_cast<uint8_t>(i);
    auto acc = TensorOf<int32_t>::Zeros(x.shape());
    for (const Part part : PartsFor(BitWidth::k8, sign, false)) {
      std::vector<uint8_t> codes(256);
      CopyPart(threads, x, 0, 64, part, codes.data());
      const std::vector<int32_t> sums(codes.begin(), codes.end());
      for (const int32_t code : sums) {
        ASSERT_LE(code, LargestCodeOf(part, BitWidth::k8, sign));
        ASSERT_LE(code, 128);
      }
      Accumulate(threads, sums.data(), FactorOf(part), acc);
    }
    for (int i = 0; i < 256; ++i) {
      const int32_t code = sign == Sign::kSigned && i > 127 ? i - 256 : i;
      ASSERT_EQ(acc.data()[i], code);
    }
  }
}

TEST(CodeParts, SomeChannelsOfEveryPixel) {
  auto x = TensorOf<uint8_t>::Uninitialized({1, 2, 2, 3});
  for (int i = 0; i < 12; ++i) x.data()[i] = static_cast<uint8_t>(16 * i + i);
  std::vector<uint8_t> out(8);
  CopyPart(ThreadPool(1), x, 1, 2, Part::kHighNibble, out.data());
  EXPECT_THAT(out, ElementsAre(1, 2, 4, 5, 7, 8, 10, 11));
}

}  // namespace
}  // namespace rtfq::ops
