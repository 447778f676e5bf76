// What the paper says of its search space (sections III-B and IV-A), by the
// cost model alone.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/eval/budget.h"
#include "rtfq/eval/cost_model.h"
#include "rtfq/models/network.pb.h"
#include "rtfq/models/resnet_spec.h"
#include "rtfq/models/search_space.h"

namespace rtfq {
namespace {

constexpr int kOffice31Classes = 31;

SearchSpace PaperSpace() { return *SearchSpace::Create(SearchSpaceConfig()); }

ResNetSpec ResNet50() {
  return *MakeResNetSpec(NetworkConfig(), kOffice31Classes);
}

std::vector<int64_t> AllMacs() {
  std::vector<int64_t> macs;
  for (const SubnetConfig& subnet : PaperSpace().All()) {
    macs.push_back(Macs(ResNet50(), subnet));
  }
  return macs;
}

double Giga(int64_t count) { return static_cast<double>(count) * 1e-9; }

TEST(SearchSpaceClaims, FortyEightSubnets) {
  EXPECT_EQ(PaperSpace().size(), 4 * 4 * 3);
}

TEST(SearchSpaceClaims, LargestAndSmallestSubnet) {
  EXPECT_EQ(PaperSpace().Largest(), (SubnetConfig{224, 100, BitWidth::k8}));
  EXPECT_EQ(PaperSpace().Smallest(), (SubnetConfig{128, 60, BitWidth::k4}));
}

TEST(SearchSpaceClaims, FullPrecisionVariantHasSixteen) {
  SearchSpaceConfig config;
  config.add_bit_widths(32);
  EXPECT_EQ(SearchSpace::Create(config)->size(), 4 * 4);
}

TEST(SearchSpaceClaims, LargestCostsMostAndSmallestLeast) {
  const std::vector<int64_t> macs = AllMacs();
  EXPECT_EQ(macs.front(), *std::max_element(macs.begin(), macs.end()));
  EXPECT_EQ(macs.back(), *std::min_element(macs.begin(), macs.end()));
}

// 0.50 to 4.09 GMAC; the paper's "0.2 to 2.0" counts half.
TEST(SearchSpaceClaims, MacRangeIsTwiceThePapersFigure) {
  const std::vector<int64_t> macs = AllMacs();
  EXPECT_NEAR(Giga(macs.back()), 0.503, 0.0005);
  EXPECT_NEAR(Giga(macs.front()), 4.087, 0.0005);
  EXPECT_NEAR(Giga(PaperMacs(macs.back())), 0.2, 0.06);
  EXPECT_NEAR(Giga(PaperMacs(macs.front())), 2.0, 0.05);
}

// "At least 16 times fewer BitOPs": 32 * 32 / (8 * 8), exactly, because stem
// and classifier are 8/8 as well.
TEST(SearchSpaceClaims, EightBitsSaveSixteenfoldBitOpsOrMore) {
  const ResNetSpec net = ResNet50();
  for (const SubnetConfig& subnet : PaperSpace().All()) {
    SubnetConfig in_float = subnet;
    in_float.bits = BitWidth::kFloat;
    const int64_t full = BitOps(net, in_float);
    if (subnet.bits == BitWidth::k8) {
      EXPECT_EQ(full, 16 * BitOps(net, subnet)) << subnet.ToString();
    } else {
      EXPECT_GT(full, 16 * BitOps(net, subnet)) << subnet.ToString();
    }
  }
}

// With a float stem the largest subnet would miss the claim: 11.2 times.
TEST(SearchSpaceClaims, AFloatStemWouldBreakTheClaim) {
  const ResNetSpec net = ResNet50();
  const int64_t stem = ConvSpecsAt(net, 224, 100)[0].macs();
  const int64_t with_float_stem =
      BitOps(net, PaperSpace().Largest()) + stem * (32 * 32 - 8 * 8);
  const double ratio =
      static_cast<double>(Macs(net, PaperSpace().Largest()) * 32 * 32) /
      static_cast<double>(with_float_stem);
  EXPECT_NEAR(ratio, 11.2, 0.05);
}

TEST(SearchSpaceClaims, FewerBitsNeverCostMore) {
  const ResNetSpec net = ResNet50();
  for (const SubnetConfig& subnet : PaperSpace().All()) {
    if (subnet.bits == BitWidth::k4) continue;
    SubnetConfig fewer = subnet;
    fewer.bits = subnet.bits == BitWidth::k8 ? BitWidth::k6 : BitWidth::k4;
    EXPECT_EQ(Macs(net, fewer), Macs(net, subnet));
    EXPECT_LT(BitOps(net, fewer), BitOps(net, subnet));
    EXPECT_LT(WeightBytes(net, fewer), WeightBytes(net, subnet));
  }
}

// Eight budgets; how many subnets each admits is the oracle's count.
TEST(SearchSpaceClaims, EightBudgetsAdmitMoreAndMore) {
  const std::vector<Budget> budgets = MakeBudgets(AllMacs());
  const std::vector<size_t> expected = {9, 21, 30, 39, 39, 45, 45, 48};
  ASSERT_EQ(budgets.size(), expected.size());
  for (size_t k = 0; k < expected.size(); ++k) {
    EXPECT_EQ(budgets[k].admitted.size(), expected[k]) << "budget " << k + 1;
  }
}

}  // namespace
}  // namespace rtfq
