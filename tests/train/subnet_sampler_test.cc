#include "rtfq/train/subnet_sampler.h"

#include <map>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

SearchSpace PaperSpace() {
  return SearchSpace::Create(SearchSpaceConfig()).value();
}

TEST(SubnetSamplerTest, SandwichQIsLargestTwoDrawnSmallest) {
  const SearchSpace space = PaperSpace();
  Rng rng(1);
  std::map<SubnetConfig, int> drawn;
  constexpr int kSteps = 4600;
  for (int i = 0; i < kSteps; ++i) {
    const auto sampled = SampleSandwichQ(space, rng);
    ASSERT_EQ(sampled.size(), 4);
    EXPECT_EQ(sampled[0],
              (SampledSubnet{space.Largest(), SubnetRole::kLargest}));
    EXPECT_EQ(sampled[3],
              (SampledSubnet{space.Smallest(), SubnetRole::kSmallest}));
    for (int j = 1; j <= 2; ++j) {
      EXPECT_EQ(sampled[j].role, SubnetRole::kIntermediate);
      ++drawn[sampled[j].subnet];
    }
  }
  // Uniform over the other 46: 200 each, deviation sqrt(200 * 45/46) = 14.
  EXPECT_EQ(drawn.size(), 46);
  EXPECT_FALSE(drawn.contains(space.Largest()));
  EXPECT_FALSE(drawn.contains(space.Smallest()));
  for (const auto& [subnet, count] : drawn) {
    EXPECT_NEAR(count, 2 * kSteps / 46, 5 * 14) << subnet.ToString();
  }
}

TEST(SubnetSamplerTest, MaxKMinHasEightNets) {
  const SearchSpace space = PaperSpace();
  Rng rng(1);
  const auto sampled = SampleMaxKMin(space, rng);
  ASSERT_EQ(sampled.size(), 8);
  EXPECT_EQ(sampled.front().subnet, space.Largest());
  EXPECT_EQ(sampled.back().subnet, space.Smallest());
}

TEST(SubnetSamplerTest, SandwichHasTwelveNetsFourOfEachBitWidth) {
  const SearchSpace space = PaperSpace();
  Rng rng(1);
  for (int step = 0; step < 200; ++step) {
    const auto sampled = SampleSandwich(space, rng);
    ASSERT_EQ(sampled.size(), 12);
    int largest = 0, smallest = 0;
    for (size_t i = 0; i < sampled.size(); ++i) {
      EXPECT_EQ(sampled[i].subnet.bits, space.bit_widths()[i / 4]);
      largest += sampled[i].role == SubnetRole::kLargest;
      smallest += sampled[i].role == SubnetRole::kSmallest;
      const bool end = i % 4 == 0 || i % 4 == 3;
      SubnetConfig at_end = i % 4 == 0 ? space.Largest() : space.Smallest();
      at_end.bits = sampled[i].subnet.bits;
      EXPECT_EQ(sampled[i].subnet == at_end, end);
    }
    EXPECT_EQ(largest, 1);
    EXPECT_EQ(smallest, 3);
  }
}

TEST(SubnetSamplerTest, EveryRuleWorksOnASpaceOfOne) {
  SearchSpaceConfig config;
  config.add_resolutions(32);
  config.add_width_percents(100);
  config.add_bit_widths(8);
  const SearchSpace space = SearchSpace::Create(config).value();
  for (const auto rule :
       {AdaptationConfig::SANDWICH_Q, AdaptationConfig::SANDWICH,
        AdaptationConfig::MAX_K_MIN}) {
    Rng rng(1);
    for (const SampledSubnet& sampled : SampleSubnets(rule, space, rng)) {
      EXPECT_EQ(sampled.subnet, space.Largest());
    }
  }
}

}  // namespace
}  // namespace rtfq
