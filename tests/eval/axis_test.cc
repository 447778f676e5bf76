#include "rtfq/eval/axis.h"

#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Labels(const Axis& axis, int count) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.Ticks(count)) labels.push_back(tick.label);
  return labels;
}

TEST(AxisTest, LeavesAMarginAtBothEnds) {
  const Axis axis(10, 20, Scale::kLinear, TickFormat::kSi);
  EXPECT_NEAR(axis.PositionOf(10), 0.05 / 1.1, 1e-15);
  EXPECT_NEAR(axis.PositionOf(15), 0.5, 1e-15);
  EXPECT_NEAR(axis.PositionOf(20), 1.05 / 1.1, 1e-15);
}

TEST(AxisTest, TicksAreRoundNumbers) {
  EXPECT_THAT(Labels(Axis(0.5e9, 4.1e9, Scale::kLinear, TickFormat::kSi), 4),
              ElementsAre("1 G", "2 G", "3 G", "4 G"));
  EXPECT_THAT(Labels(Axis(0.62, 0.88, Scale::kLinear, TickFormat::kPercent), 3),
              ElementsAre("70 %", "80 %"));
  EXPECT_THAT(Labels(Axis(-1.2, 0.9, Scale::kLinear, TickFormat::kSi), 3),
              ElementsAre("-1", "0", "1"));
}

TEST(AxisTest, PercentStopsAtItsEnds) {
  const Axis axis(0, 1, Scale::kLinear, TickFormat::kPercent);
  EXPECT_EQ(axis.PositionOf(0), 0);
  EXPECT_EQ(axis.PositionOf(1), 1);
  const Axis high(0.9, 0.999, Scale::kLinear, TickFormat::kPercent);
  EXPECT_EQ(high.PositionOf(1), 1);
}

TEST(AxisTest, LogTicksAreOneTwoFive) {
  EXPECT_THAT(Labels(Axis(9e9, 2.6e11, Scale::kLog, TickFormat::kSi), 6),
              ElementsAre("10 G", "20 G", "50 G", "100 G", "200 G"));
}

TEST(AxisTest, LogPositionsAreRatios) {
  const Axis axis(1, 100, Scale::kLog, TickFormat::kSi);
  EXPECT_NEAR(axis.PositionOf(10), 0.5, 1e-12);
  EXPECT_NEAR(axis.PositionOf(10) - axis.PositionOf(1),
              axis.PositionOf(100) - axis.PositionOf(10), 1e-12);
}

TEST(AxisTest, LogOfNoPositiveRangeIsLinear) {
  const Axis axis(0, 10, Scale::kLog, TickFormat::kSi);
  EXPECT_NEAR(axis.PositionOf(5), 0.5, 1e-15);
}

TEST(AxisTest, LabelsOfNeighboursDiffer) {
  EXPECT_THAT(Labels(Axis(2.0281, 2.0329, Scale::kLinear, TickFormat::kSi), 5),
              ElementsAre("2.028", "2.029", "2.03", "2.031", "2.032", "2.033"));
}

// Whatever the range: ticks ascend, lie inside, and there are about as many as
// were asked for.
TEST(AxisTest, TicksOfAnyRangeAreInsideAndAscend) {
  for (const double low : {-1e9, -3.7, 0.0, 1e-7, 0.3, 12.0, 5e11}) {
    for (const double width : {0.0, 1e-9, 0.013, 1.0, 77.0, 1e12}) {
      for (const Scale scale : {Scale::kLinear, Scale::kLog}) {
        const Axis axis(low, low + width, scale, TickFormat::kSi);
        const std::vector<Tick> ticks = axis.Ticks(5);
        ASSERT_GE(ticks.size(), 1u) << low << " + " << width;
        EXPECT_LE(ticks.size(), 12u) << low << " + " << width;
        double last = -INFINITY;
        for (const Tick& tick : ticks) {
          EXPECT_GT(tick.value, last);
          EXPECT_GE(axis.PositionOf(tick.value), -1e-6);
          EXPECT_LE(axis.PositionOf(tick.value), 1 + 1e-6);
          last = tick.value;
        }
      }
    }
  }
}

}  // namespace
}  // namespace rtfq
