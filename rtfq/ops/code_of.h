// The one place where a value becomes a code, for lsq and codes alike.
#ifndef RTFQ_OPS_CODE_OF_H_
#define RTFQ_OPS_CODE_OF_H_

#include "rtfq/ops/simd.h"

namespace rtfq::ops {

// round_half_even(clamp(ratio, min, max)), paper eq. (1), as a float that holds
// an integer and never -0; min for NaN. `ratio` is v / step, a true division: a
// product with 1 / step is one rounding off and flips exact ties.
RTFQ_ALWAYS_INLINE float CodeOf(float ratio, float min, float max) {
  // 1.5 * 2^23: floats of this size are integers, so adding it rounds (half to
  // even) and subtracting it is exact. Holds for |ratio| <= 2^22.
  constexpr float kRounder = 12582912.0f;
  const float above = ratio > min ? ratio : min;
  const float clamped = above < max ? above : max;
  return (clamped + kRounder) - kRounder;
}

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CODE_OF_H_
