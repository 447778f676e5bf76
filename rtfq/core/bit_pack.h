// Codes of a few bits each, without gaps.
#ifndef RTFQ_CORE_BIT_PACK_H_
#define RTFQ_CORE_BIT_PACK_H_

#include <cstdint>
#include <span>

#include "rtfq/core/bit_width.h"

namespace rtfq {

// Code i takes the bits i * b .. i * b + b - 1 of the packed bytes, bit j of
// byte k being bit 8 * k + j; signed codes are two's complement. What is left
// of the last byte is zero.

// (count * b + 7) / 8
int64_t PackedBytes(int64_t count, BitWidth bits);

// `packed` has PackedBytes(codes.size(), bits) bytes; codes lie in
// CodesOf(bits, kSigned), `bits` at most 8.
void PackCodes(std::span<const int8_t> codes, BitWidth bits,
               std::span<uint8_t> packed);

// The first codes.size() codes; `packed` holds at least as many.
void UnpackCodes(std::span<const uint8_t> packed, BitWidth bits,
                 std::span<int8_t> codes);

}  // namespace rtfq

#endif  // RTFQ_CORE_BIT_PACK_H_
