#include "rtfq/train/cosine_schedule.h"

#include <cmath>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(CosineRate, FallsFromTheBaseToZero) {
  EXPECT_EQ(CosineRate(2e-4, 0, 660), 2e-4);
  EXPECT_NEAR(CosineRate(2e-4, 330, 660), 1e-4, 1e-18);
  EXPECT_NEAR(CosineRate(1, 1, 4), (1 + std::sqrt(0.5)) / 2, 1e-15);
  EXPECT_GT(CosineRate(2e-4, 659, 660), 0);
  EXPECT_EQ(CosineRate(2e-4, 660, 660), 0);
  EXPECT_EQ(CosineRate(2e-4, 1000, 660), 0);
  EXPECT_EQ(CosineRate(2e-4, 0, 0), 0);
  for (int step = 0; step < 660; ++step) {
    EXPECT_GT(CosineRate(1, step, 660), CosineRate(1, step + 1, 660));
  }
}

TEST(CosineRate, IsSymmetricAboutItsMiddle) {
  for (int step = 0; step <= 50; ++step) {
    EXPECT_NEAR(CosineRate(3, step, 50) + CosineRate(3, 50 - step, 50), 3,
                1e-14);
  }
}

}  // namespace
}  // namespace rtfq
