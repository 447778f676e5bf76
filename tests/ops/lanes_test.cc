#include "rtfq/ops/lanes.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq::ops {
namespace {

TEST(Lanes, EveryElementIsInItsLaneOnce) {
  for (const int64_t count : {0, 1, 15, 16, 17, 100, 1000}) {
    std::vector<float> values;
    std::vector<double> expected(kLanes, 0.5), magnitudes(kLanes, 0.5);
    for (int64_t i = 0; i < count; ++i) {
      values.push_back(static_cast<float>(i % 2 == 0 ? i : -i));
      // Integers, so that every order gives the same sum.
      expected[i % kLanes] += values.back();
      magnitudes[i % kLanes] += std::abs(values.back());
    }
    std::vector<double> lanes(kLanes, 0.5);
    AddToLanes(values.data(), count, lanes.data());
    EXPECT_EQ(lanes, expected) << count;
    lanes.assign(kLanes, 0.5);
    AddMagnitudesToLanes(values.data(), count, lanes.data());
    EXPECT_EQ(lanes, magnitudes) << count;
    // 0.5 in each of the lanes, then 0 + 1 + ... + (count - 1).
    EXPECT_EQ(SumOfLanes(lanes.data()),
              0.5 * kLanes + static_cast<double>(count * (count - 1) / 2));
  }
}

}  // namespace
}  // namespace rtfq::ops
