#include "rtfq/eval/budget.h"

#include <algorithm>

#include "rtfq/core/check.h"

namespace rtfq {

std::vector<Budget> MakeBudgets(std::span<const int64_t> macs, int count) {
  RTFQ_CHECK(!macs.empty() && count >= 1);
  const auto [lo, hi] = std::minmax_element(macs.begin(), macs.end());
  std::vector<Budget> budgets(static_cast<size_t>(count));
  for (int k = 1; k <= count; ++k) {
    Budget& budget = budgets[k - 1];
    // Rounding must not leave the largest subnet outside the last budget.
    budget.max_macs = k == count
                          ? static_cast<double>(*hi)
                          : static_cast<double>(*lo) +
                                static_cast<double>(*hi - *lo) * k / count;
    for (size_t i = 0; i < macs.size(); ++i) {
      if (static_cast<double>(macs[i]) <= budget.max_macs) {
        budget.admitted.push_back(static_cast<int>(i));
      }
    }
  }
  return budgets;
}

}  // namespace rtfq
