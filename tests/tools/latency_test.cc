#include "rtfq/tools/latency.h"

#include "gtest/gtest.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;

// A clock by which pass after pass takes what `of_pass` says, in seconds.
template <typename F>
Clock ClockOf(F of_pass, int* passes) {
  return [of_pass, passes, now = 0.0, began = false]() mutable {
    if (began) now += of_pass((*passes)++);
    began = !began;
    return now;
  };
}

TEST(Latency, IsTheMedianWithoutTheFirstPass) {
  test::SmallSupernet small;
  const SubnetConfig subnet = small.net().space().Smallest();
  int passes = 0;
  // The first takes a second; then 30, 20 and 10 ms, which are enough.
  const auto latency = MeasureLatency(
      subnet, Domain::kTarget,
      ClockOf([](int i) { return i == 0 ? 1.0 : 0.04 - 0.01 * i; }, &passes),
      small.net());
  ASSERT_THAT(latency, IsOk());
  EXPECT_EQ(passes, 4);
  EXPECT_NEAR(*latency, 20, 1e-6);
}

TEST(Latency, EndsAfterFiftyMillisecondsOrFiftyPasses) {
  test::SmallSupernet small;
  const SubnetConfig subnet = small.net().space().Smallest();
  int passes = 0;
  ASSERT_THAT(
      MeasureLatency(subnet, Domain::kTarget,
                     ClockOf([](int) { return 0.004; }, &passes), small.net()),
      IsOk());
  // 12 passes of 4 ms are 48 ms.
  EXPECT_EQ(passes, 1 + 13);
  passes = 0;
  ASSERT_THAT(
      MeasureLatency(subnet, Domain::kTarget,
                     ClockOf([](int) { return 1e-6; }, &passes), small.net()),
      IsOk());
  EXPECT_EQ(passes, 1 + 50);
}

}  // namespace
}  // namespace rtfq
