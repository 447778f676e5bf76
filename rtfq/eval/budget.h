// Compute budgets over the range of a search space.
#ifndef RTFQ_EVAL_BUDGET_H_
#define RTFQ_EVAL_BUDGET_H_

#include <cstdint>
#include <span>
#include <vector>

namespace rtfq {

// Paper, section IV-A: the MAC range is cut into eight equal intervals.
inline constexpr int kNumBudgets = 8;

struct Budget {
  double max_macs = 0;        // the interval's upper edge
  std::vector<int> admitted;  // ascending indices into the subnets' MACs
};

// Budget k of 1..count has the edge lo + (hi - lo) * k / count, where lo and hi
// are the smallest and largest of `macs` (at least one), and admits every
// subnet at or below it: budgets are cumulative, so the last admits all.
std::vector<Budget> MakeBudgets(std::span<const int64_t> macs,
                                int count = kNumBudgets);

}  // namespace rtfq

#endif  // RTFQ_EVAL_BUDGET_H_
