#include "rtfq/models/batch_norm_switch.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace rtfq {
namespace {

// 2 resolutions, 3 widths, 4 bit widths: the number of keys tells which of them
// are switched.
SearchSpace Space() {
  SearchSpaceConfig config;
  for (const int r : {64, 48}) config.add_resolutions(r);
  for (const int w : {100, 86, 60}) config.add_width_percents(w);
  for (const int b : {8, 6, 4, 3}) config.add_bit_widths(b);
  return SearchSpace::Create(config).value();
}

struct Switched {
  bool resolution, width, bits;

  BatchNormConfig Config() const {
    BatchNormConfig config;
    config.set_switch_on_resolution(resolution);
    config.set_switch_on_width(width);
    config.set_switch_on_bits(bits);
    return config;
  }
  int Keys() const {
    return (resolution ? 2 : 1) * (width ? 3 : 1) * (bits ? 4 : 1);
  }
  bool Agree(const SubnetConfig& a, const SubnetConfig& b) const {
    return (!resolution || a.resolution == b.resolution) &&
           (!width || a.width_percent == b.width_percent) &&
           (!bits || a.bits == b.bits);
  }
  std::string Name(const SubnetConfig& s) const {
    std::vector<std::string> parts;
    if (resolution) parts.push_back(absl::StrCat("r", s.resolution));
    if (width) parts.push_back(absl::StrCat("w", s.width_percent));
    if (bits) parts.push_back(absl::StrCat("q", BitsOf(s.bits)));
    return parts.empty() ? "all" : absl::StrJoin(parts, "-");
  }
};

class BatchNormSwitchTest : public testing::TestWithParam<int> {
 protected:
  const Switched switched_ = {(GetParam() & 1) != 0, (GetParam() & 2) != 0,
                              (GetParam() & 4) != 0};
  const SearchSpace space_ = Space();
  const BatchNormSwitch switches_{space_, switched_.Config()};
};

TEST_P(BatchNormSwitchTest, AKeyIsWhatIsSwitched) {
  ASSERT_EQ(switches_.num_keys(), switched_.Keys());
  for (const SubnetConfig& subnet : space_.All()) {
    SCOPED_TRACE(subnet.ToString());
    const int key = switches_.KeyOf(subnet);
    ASSERT_GE(key, 0);
    ASSERT_LT(key, switches_.num_keys());
    EXPECT_EQ(switches_.NameOf(key), switched_.Name(subnet));
    EXPECT_EQ(switches_.WidthPercentOf(key),
              switched_.width ? subnet.width_percent : 100);
    for (const SubnetConfig& other : space_.All()) {
      EXPECT_EQ(switches_.KeyOf(other) == key, switched_.Agree(subnet, other))
          << other.ToString();
    }
  }
}

TEST_P(BatchNormSwitchTest, EachKeyHasASubnetAndANameOfItsOwn) {
  std::set<std::string> names;
  for (int key = 0; key < switches_.num_keys(); ++key) {
    EXPECT_EQ(switches_.KeyOf(switches_.ExampleOf(key)), key);
    names.insert(switches_.NameOf(key));
  }
  EXPECT_EQ(static_cast<int>(names.size()), switches_.num_keys());
  EXPECT_EQ(switches_.KeyOf(space_.Largest()), 0);
}

INSTANTIATE_TEST_SUITE_P(Combinations, BatchNormSwitchTest,
                         testing::Range(0, 8));

TEST(BatchNormSwitch, NamesAreThoseOfTheParameters) {
  const SearchSpace space = Space();
  const SubnetConfig subnet = {48, 86, BitWidth::k6};
  const auto name = [&](const Switched& switched) {
    const BatchNormSwitch switches(space, switched.Config());
    return switches.NameOf(switches.KeyOf(subnet));
  };
  EXPECT_EQ(name({true, true, true}), "r48-w86-q6");
  EXPECT_EQ(name({false, true, true}), "w86-q6");
  EXPECT_EQ(name({true, false, false}), "r48");
  EXPECT_EQ(name({false, false, false}), "all");
}

TEST(BatchNormSwitch, ThePaperSwitchesOnAllThree) {
  const SearchSpace space = SearchSpace::Create(SearchSpaceConfig()).value();
  const BatchNormSwitch switches(space, BatchNormConfig());
  EXPECT_EQ(switches.num_keys(), 4 * 4 * 3);
}

TEST(BatchNormSwitchDeathTest, ASubnetOutsideTheSpaceIsOurBug) {
  const BatchNormSwitch switches(Space(), BatchNormConfig());
  EXPECT_DEATH(switches.KeyOf({64, 73, BitWidth::k8}), "RTFQ_CHECK");
}

}  // namespace
}  // namespace rtfq
