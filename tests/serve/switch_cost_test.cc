#include "rtfq/serve/switch_cost.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using ::testing::HasSubstr;

class SwitchCostTest : public ::testing::Test {
 protected:
  const std::string bytes_ = test::SmallSupernet().Frozen().Serialize();
  const std::shared_ptr<const Bundle> bundle_ =
      Bundle::FromBytes(bytes_, "folder/small.rtfq").value();
  const std::unique_ptr<Engine> engine_ = Engine::Create(2).value();
  const std::string one_ = bundle_->header().subnets(0).name();
  const std::string other_ = bundle_->header().subnets(1).name();
};

// A clock that says which pass took how long: of each round's four, after the
// other subnet and after itself, for one and then for the other.
TEST_F(SwitchCostTest, IsWhatAPassAfterTheOtherSubnetTakesMore) {
  const double milliseconds[] = {5.25, 5, 2.5, 2};
  double now = 0;
  int readings = 0, pass = 0;
  // Readings: the beginning; then a round's four pairs and, from the fifth
  // round on, whether the time is up.
  const auto clock = [&] {
    ++readings;
    if (readings == 1) return now;
    const int in_rounds = readings - 2;
    if (in_rounds < 40 && in_rounds % 2 == 1) {
      now += 1e-3 * milliseconds[pass++ % 4];
    }
    return now;
  };
  const auto costs =
      MeasureSwitches(*engine_, bundle_, one_, other_, 2, 0.01, clock);
  ASSERT_THAT(costs, IsOk());
  ASSERT_EQ(costs->size(), 2u);
  EXPECT_EQ(pass, 20);
  EXPECT_EQ((*costs)[0].from(), other_);
  EXPECT_EQ((*costs)[0].to(), one_);
  EXPECT_EQ((*costs)[0].threads(), 2);
  EXPECT_EQ((*costs)[0].batch(), 2);
  EXPECT_NEAR((*costs)[0].added_us(), 250, 1e-6);
  EXPECT_EQ((*costs)[1].from(), one_);
  EXPECT_EQ((*costs)[1].to(), other_);
  EXPECT_NEAR((*costs)[1].added_us(), 500, 1e-6);
}

TEST_F(SwitchCostTest, NamesASubnetThatIsNotThere) {
  const auto costs = MeasureSwitches(*engine_, bundle_, one_, "r1-w1-q8", 1, 0,
                                     [] { return 0.0; });
  EXPECT_EQ(costs.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(costs.status().message()), HasSubstr("r1-w1-q8"));
}

}  // namespace
}  // namespace rtfq
