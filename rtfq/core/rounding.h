// Division and multiples, rounded up.
#ifndef RTFQ_CORE_ROUNDING_H_
#define RTFQ_CORE_ROUNDING_H_

#include <cstdint>

namespace rtfq {

// The least integer that is not below n / by; n >= 0, by >= 1.
constexpr int64_t CeilDiv(int64_t n, int64_t by) { return (n + by - 1) / by; }

// The least multiple of `to` that is not below n.
constexpr int64_t RoundUp(int64_t n, int64_t to) { return CeilDiv(n, to) * to; }

}  // namespace rtfq

#endif  // RTFQ_CORE_ROUNDING_H_
