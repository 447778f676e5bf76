#include "rtfq/core/bit_pack.h"

#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq {
namespace {

TEST(BitPack, BytesByHand) {
  // 1, -1, 2 in four bits: 0001, 1111, 0010; the last half is zero.
  std::vector<uint8_t> packed(2);
  PackCodes(std::vector<int8_t>{1, -1, 2}, BitWidth::k4, packed);
  EXPECT_THAT(packed, ::testing::ElementsAre(0xf1, 0x02));
  // 1, -32, 31, -1 in six bits: 000001, 100000, 011111, 111111.
  packed.resize(3);
  PackCodes(std::vector<int8_t>{1, -32, 31, -1}, BitWidth::k6, packed);
  EXPECT_THAT(packed, ::testing::ElementsAre(0x01, 0xf8, 0xfd));
}

TEST(BitPack, EveryWidthAndLengthComesBack) {
  Rng rng(1);
  for (int b = 2; b <= 8; ++b) {
    const BitWidth bits = static_cast<BitWidth>(b);
    const CodeRange range = CodesOf(bits, Sign::kSigned);
    for (int64_t count = 0; count < 70; ++count) {
      std::vector<int8_t> codes(count);
      for (int8_t& code : codes) {
        code = static_cast<int8_t>(static_cast<int32_t>(
            rng.Uniform(range.min, range.max + 1.0) - 0.5));
      }
      if (count > 1) codes[0] = static_cast<int8_t>(range.min);
      if (count > 2) codes[1] = static_cast<int8_t>(range.max);
      ASSERT_EQ(PackedBytes(count, bits), (count * b + 7) / 8);
      std::vector<uint8_t> packed(PackedBytes(count, bits), 0xff);
      PackCodes(codes, bits, packed);
      std::vector<int8_t> again(count);
      UnpackCodes(packed, bits, again);
      ASSERT_EQ(again, codes) << b << " bits, " << count << " codes";
      // A prefix needs no more than its own bytes.
      if (count > 5) {
        again.resize(count - 5);
        UnpackCodes(std::span(packed).first(PackedBytes(count - 5, bits)), bits,
                    again);
        codes.resize(count - 5);
        ASSERT_EQ(again, codes);
      }
    }
  }
}

}  // namespace
}  // namespace rtfq
