#include "rtfq/core/bit_pack.h"

#include <cstring>

#include "rtfq/core/check.h"

namespace rtfq {
namespace {

// The low `bits` bits of `value`, their highest the sign.
int8_t SignExtended(uint32_t value, int bits) {
  const uint32_t sign = 1u << (bits - 1);
  const uint32_t low = value & ((1u << bits) - 1);
  return static_cast<int8_t>(static_cast<int32_t>(low ^ sign) -
                             static_cast<int32_t>(sign));
}

void Unpack4(const uint8_t* packed, int64_t pairs, int8_t* codes) {
  for (int64_t i = 0; i < pairs; ++i) {
    codes[2 * i] = SignExtended(packed[i], 4);
    codes[2 * i + 1] = SignExtended(packed[i] >> 4, 4);
  }
}

// Three bytes hold four codes.
void Unpack6(const uint8_t* packed, int64_t fours, int8_t* codes) {
  for (int64_t i = 0; i < fours; ++i, packed += 3, codes += 4) {
    const uint32_t bits = static_cast<uint32_t>(packed[0]) |
                          static_cast<uint32_t>(packed[1]) << 8 |
                          static_cast<uint32_t>(packed[2]) << 16;
    codes[0] = SignExtended(bits, 6);
    codes[1] = SignExtended(bits >> 6, 6);
    codes[2] = SignExtended(bits >> 12, 6);
    codes[3] = SignExtended(bits >> 18, 6);
  }
}

// Codes first..count-1 of any width.
void UnpackSlowly(const uint8_t* packed, int bits, int64_t first, int64_t count,
                  int8_t* codes) {
  for (int64_t i = first; i < count; ++i) {
    const int64_t bit = i * bits;
    const int shift = static_cast<int>(bit % 8);
    uint32_t two = packed[bit / 8];
    if (shift + bits > 8)
      two |= static_cast<uint32_t>(packed[bit / 8 + 1]) << 8;
    codes[i] = SignExtended(two >> shift, bits);
  }
}

}  // namespace

int64_t PackedBytes(int64_t count, BitWidth bits) {
  return (count * BitsOf(bits) + 7) / 8;
}

void PackCodes(std::span<const int8_t> codes, BitWidth bits,
               std::span<uint8_t> packed) {
  const int b = BitsOf(bits);
  const auto count = static_cast<int64_t>(codes.size());
  RTFQ_CHECK(b <= 8 &&
             static_cast<int64_t>(packed.size()) == PackedBytes(count, bits));
  const CodeRange range = CodesOf(bits, Sign::kSigned);
  if (!packed.empty()) std::memset(packed.data(), 0, packed.size());
  for (int64_t i = 0; i < count; ++i) {
    RTFQ_CHECK(codes[i] >= range.min && codes[i] <= range.max);
    const int64_t bit = i * b;
    const uint32_t value = (static_cast<uint32_t>(codes[i]) & ((1u << b) - 1))
                           << (bit % 8);
    packed[bit / 8] |= static_cast<uint8_t>(value);
    if (bit % 8 + b > 8) {
      packed[bit / 8 + 1] |= static_cast<uint8_t>(value >> 8);
    }
  }
}

void UnpackCodes(std::span<const uint8_t> packed, BitWidth bits,
                 std::span<int8_t> codes) {
  const int b = BitsOf(bits);
  const auto count = static_cast<int64_t>(codes.size());
  RTFQ_CHECK(b <= 8 &&
             static_cast<int64_t>(packed.size()) >= PackedBytes(count, bits));
  if (count == 0) return;
  switch (bits) {
    case BitWidth::k8:
      std::memcpy(codes.data(), packed.data(), codes.size());
      break;
    case BitWidth::k6:
      Unpack6(packed.data(), count / 4, codes.data());
      UnpackSlowly(packed.data(), b, count / 4 * 4, count, codes.data());
      break;
    case BitWidth::k4:
      Unpack4(packed.data(), count / 2, codes.data());
      UnpackSlowly(packed.data(), b, count / 2 * 2, count, codes.data());
      break;
    default:
      UnpackSlowly(packed.data(), b, 0, count, codes.data());
  }
}

}  // namespace rtfq
