#include "rtfq/core/rounding.h"

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(Rounding, IsUpAndNoMoreThanNeeded) {
  for (int64_t n = 0; n < 50; ++n) {
    for (int64_t by = 1; by < 20; ++by) {
      EXPECT_GE(CeilDiv(n, by) * by, n);
      EXPECT_LT((CeilDiv(n, by) - 1) * by, n);
      EXPECT_EQ(RoundUp(n, by) % by, 0);
      EXPECT_GE(RoundUp(n, by), n);
      EXPECT_LT(RoundUp(n, by) - by, n);
    }
  }
}

}  // namespace
}  // namespace rtfq
