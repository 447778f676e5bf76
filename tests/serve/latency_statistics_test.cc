#include "rtfq/serve/latency_statistics.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(LatencyStatistics, NearestRanks) {
  std::vector<double> ten;
  for (int i = 1; i <= 10; ++i) ten.push_back(i);
  EXPECT_EQ(Quantile(ten, 0.5), 5);
  EXPECT_EQ(Quantile(ten, 0.9), 9);
  EXPECT_EQ(Quantile(ten, 0.91), 10);
  EXPECT_EQ(Quantile(ten, 1.0), 10);
  EXPECT_EQ(Quantile(ten, 0.001), 1);
  EXPECT_EQ(Quantile({7.0}, 0.99), 7);
}

TEST(LatencyStatistics, SummaryInMilliseconds) {
  const LatencyRow row = Summarize({0.004, 0.001, 0.003, 0.002});
  EXPECT_EQ(row.samples(), 4);
  EXPECT_DOUBLE_EQ(row.mean_ms(), (1 + 2 + 3 + 4) / 4.0);
  EXPECT_NEAR(row.deviation_ms(), std::sqrt((2.25 + 0.25 + 0.25 + 2.25) / 3),
              1e-12);
  EXPECT_DOUBLE_EQ(row.min_ms(), 1);
  EXPECT_DOUBLE_EQ(row.p50_ms(), 2);
  EXPECT_DOUBLE_EQ(row.p99_ms(), 4);
  EXPECT_EQ(Summarize({0.001}).deviation_ms(), 0);
}

TEST(LatencyStatistics, ASlowTenthIsNoise) {
  std::vector<double> seconds(8, 0.010);
  EXPECT_FALSE(IsNoisy(Summarize(seconds)));
  seconds.push_back(0.020);
  seconds.push_back(0.020);
  EXPECT_TRUE(IsNoisy(Summarize(seconds)));
}

}  // namespace
}  // namespace rtfq
