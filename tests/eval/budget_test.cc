#include "rtfq/eval/budget.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;

TEST(BudgetTest, EightEqualIntervalsOverTheRange) {
  const std::vector<int64_t> macs = {180, 20, 100};
  const std::vector<Budget> budgets = MakeBudgets(macs);
  ASSERT_EQ(budgets.size(), 8u);
  for (int k = 1; k <= 8; ++k) {
    EXPECT_EQ(budgets[k - 1].max_macs, 20 + 160 * k / 8);
  }
}

TEST(BudgetTest, BudgetsAreCumulativeAndEdgesBelongToThem) {
  const std::vector<int64_t> macs = {180, 20, 40, 41, 100};
  const std::vector<Budget> budgets = MakeBudgets(macs);
  EXPECT_THAT(budgets[0].admitted, ElementsAre(1, 2));  // up to 40
  EXPECT_THAT(budgets[1].admitted, ElementsAre(1, 2, 3));
  EXPECT_THAT(budgets[2].admitted, ElementsAre(1, 2, 3));
  EXPECT_THAT(budgets[3].admitted, ElementsAre(1, 2, 3, 4));  // up to 100
  EXPECT_THAT(budgets[6].admitted, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(budgets[7].admitted, ElementsAre(0, 1, 2, 3, 4));
}

TEST(BudgetTest, OneSubnetIsInEveryBudget) {
  const std::vector<int64_t> macs = {7};
  for (const Budget& budget : MakeBudgets(macs)) {
    EXPECT_EQ(budget.max_macs, 7);
    EXPECT_THAT(budget.admitted, ElementsAre(0));
  }
}

TEST(BudgetTest, LastEdgeIsTheLargestForHugeUnevenNumbers) {
  const std::vector<int64_t> macs = {(int64_t{1} << 52) + 1, 3};
  for (const int count : {1, 3, 7, 8}) {
    const std::vector<Budget> budgets = MakeBudgets(macs, count);
    ASSERT_EQ(static_cast<int>(budgets.size()), count);
    EXPECT_EQ(budgets.back().max_macs, static_cast<double>(macs[0]));
    EXPECT_THAT(budgets.back().admitted, ElementsAre(0, 1));
  }
}

}  // namespace
}  // namespace rtfq
