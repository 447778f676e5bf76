#include "rtfq/ops/parts.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace rtfq::ops {
namespace {

TEST(Parts, CoverEverythingOnceInOrder) {
  for (int64_t n = 1; n <= 100; ++n) {
    const Parts parts(n);
    ASSERT_LE(parts.count(), Parts::kMaxParts) << n;
    int64_t next = 0;
    for (int64_t i = 0; i < parts.count(); ++i) {
      EXPECT_EQ(parts.First(i), next) << n;
      EXPECT_EQ(parts.SizeOf(i),
                parts.IsLarge(i) ? parts.large_size() : parts.small_size());
      EXPECT_GE(parts.SizeOf(i), 1) << n;
      EXPECT_TRUE(parts.has_large() || !parts.IsLarge(i)) << n;
      next += parts.SizeOf(i);
    }
    EXPECT_EQ(next, n);
  }
}

TEST(Parts, AreAsManyAsThereAreThingsUpToTheMost) {
  EXPECT_EQ(Parts(1).count(), 1);
  EXPECT_EQ(Parts(7).count(), 7);
  EXPECT_EQ(Parts(9).count(), 8);
}

}  // namespace
}  // namespace rtfq::ops
