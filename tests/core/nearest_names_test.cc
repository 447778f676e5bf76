#include "rtfq/core/nearest_names.h"

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(EditDistance, CountsInsertionsRemovalsAndReplacements) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("steps", "steps"), 0);
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("abc", ""), 3);
  EXPECT_EQ(EditDistance("stepz", "steps"), 1);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
}

TEST(NearestFirst, SortsByDistanceAndKeepsTheOrderOfEqualOnes) {
  EXPECT_EQ(NearestFirst({"method", "steps", "step"}, "stepz"),
            "steps, step, method");
  EXPECT_EQ(NearestFirst({"b", "a", "c"}, "x"), "b, a, c");
  EXPECT_EQ(NearestFirst({}, "x"), "");
}

}  // namespace
}  // namespace rtfq
