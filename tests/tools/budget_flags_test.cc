#include "rtfq/tools/budget_flags.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::DoubleEq;
using ::testing::HasSubstr;

TEST(BudgetFlags, Milliseconds) {
  EXPECT_THAT(*ParseMilliseconds("20ms"), DoubleEq(20));
  EXPECT_THAT(*ParseMilliseconds("0.5s"), DoubleEq(500));
  EXPECT_THAT(*ParseMilliseconds("800us"), DoubleEq(0.8));
  EXPECT_THAT(*ParseMilliseconds("7"), DoubleEq(7));
  for (const char* wrong : {"", "ms", "-3ms", "0", "1e999s", "nan", "fast"}) {
    EXPECT_THAT(ParseMilliseconds(wrong),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("20ms")))
        << wrong;
  }
}

TEST(BudgetFlags, Counts) {
  EXPECT_THAT(*ParseCount("2.5G"), DoubleEq(2.5e9));
  EXPECT_THAT(*ParseCount("800M"), DoubleEq(8e8));
  EXPECT_THAT(*ParseCount("12k"), DoubleEq(12000));
  EXPECT_THAT(*ParseCount("3T"), DoubleEq(3e12));
  EXPECT_THAT(*ParseCount("1000"), DoubleEq(1000));
  EXPECT_THAT(ParseCount("3X"), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace rtfq
