#include "rtfq/deploy/freeze.h"

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::SmallSupernet;
using test::StatusIs;
using ::testing::HasSubstr;

TEST(Freeze, StoresEachBitWidthOnceAndEverySubnet) {
  SmallSupernet small;
  BundleWriter writer = small.Frozen();
  const BundleHeader& header = writer.header();
  std::set<std::string> names;
  for (const BundleSection& section : header.sections()) {
    names.insert(section.name());
  }
  EXPECT_EQ(names.size(), 1u + 3u + 12u);
  EXPECT_TRUE(names.count("outer") && names.count("weights/q6") &&
              names.count("affine/r24-w60-q4"));
  EXPECT_EQ(header.graph().convolutions_size(),
            static_cast<int>(small.net().convolutions().size()));
}

TEST(Freeze, IsNoWiderThanItsWidestSubnet) {
  SmallSupernet small;
  const std::vector<SubnetConfig> narrow = {{24, 60, BitWidth::k4},
                                            {32, 60, BitWidth::k4}};
  BundleWriter writer;
  ASSERT_THAT(Freeze(narrow, Domain::kTarget, small.net(), writer), IsOk());
  const BundleHeader& header = writer.header();
  EXPECT_EQ(header.weights_size(), 1);
  const auto specs = ConvSpecsAt(small.net().spec(), 32, 60);
  for (size_t i = 0; i < specs.size(); ++i) {
    EXPECT_EQ(header.graph().convolutions(static_cast<int>(i)).out_channels(),
              specs[i].out_channels);
  }
}

TEST(Freeze, RefusesWhatCannotBeDeployed) {
  SmallSupernet small;
  BundleWriter writer;
  EXPECT_THAT(Freeze({}, Domain::kTarget, small.net(), writer),
              StatusIs(absl::StatusCode::kInvalidArgument));
  const std::vector<SubnetConfig> full = {{32, 100, BitWidth::kFloat}};
  EXPECT_THAT(Freeze(full, Domain::kTarget, small.net(), writer),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("full-precision")));
  const std::vector<SubnetConfig> largest = {small.net().space().Largest()};
  float& bias = small.net().classifier().bias().value.data()[1];
  const float before = std::exchange(bias, INFINITY);
  BundleWriter third;
  EXPECT_THAT(Freeze(largest, Domain::kTarget, small.net(), third),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("the classifier's bias")));
  bias = before;
  const auto bank = small.net().batch_norms()[1]->BankOf(Domain::kTarget, 0);
  bank.running_mean->value.data()[0] = NAN;
  BundleWriter other;
  EXPECT_THAT(
      Freeze(largest, Domain::kTarget, small.net(), other),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not finite")));
}

}  // namespace
}  // namespace rtfq
