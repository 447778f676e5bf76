#include "rtfq/ops/code_of.h"

#include <cmath>

#include "gtest/gtest.h"

namespace rtfq::ops {
namespace {

TEST(CodeOf, RoundsHalfToEvenLikeTheProcessor) {
  // In 64ths, every tie among them, beyond both ends.
  for (int i = -200 * 64; i <= 300 * 64; ++i) {
    const float u = static_cast<float>(i) / 64;
    EXPECT_EQ(CodeOf(u, 0, 255),
              std::nearbyint(std::fmin(255, std::fmax(0, u))));
    EXPECT_EQ(CodeOf(u, -128, 127),
              std::nearbyint(std::fmin(127, std::fmax(-128, u))));
  }
}

TEST(CodeOf, NoNegativeZeroAndNoNan) {
  EXPECT_FALSE(std::signbit(CodeOf(-0.25f, -8, 7)));
  EXPECT_FALSE(std::signbit(CodeOf(-0.0f, -8, 7)));
  EXPECT_FALSE(std::signbit(CodeOf(-0.0f, 0, 15)));
  EXPECT_EQ(CodeOf(NAN, -8, 7), -8);
  EXPECT_EQ(CodeOf(INFINITY, -8, 7), 7);
}

}  // namespace
}  // namespace rtfq::ops
