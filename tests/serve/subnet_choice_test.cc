#include "rtfq/serve/subnet_choice.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

BundleHeader Header() {
  BundleHeader header;
  const auto add = [&](const char* name, int64_t macs, double im,
                       double target) {
    BundleSubnet& subnet = *header.add_subnets();
    subnet.set_name(name);
    subnet.mutable_scores()->set_macs(macs);
    subnet.mutable_scores()->set_bit_ops(macs * 64);
    subnet.mutable_scores()->set_weight_bytes(macs / 10);
    subnet.mutable_scores()->set_im_score(im);
    subnet.mutable_scores()->set_target_accuracy(target);
  };
  add("large", 400, 2.0, 0.9);
  add("middle", 200, 2.5, 0.8);
  add("small", 100, 1.0, 0.85);
  return header;
}

std::vector<std::string> Names(const std::vector<Candidate>& candidates) {
  std::vector<std::string> names;
  for (const Candidate& candidate : candidates) {
    names.push_back(candidate.subnet);
  }
  return names;
}

TEST(SubnetChoice, EachCriterionChoosesByItsOwnScore) {
  const auto by = [](Criterion criterion, double limit) {
    const auto candidates =
        Candidates(Header(), nullptr, Cost::kMacs, criterion, 1, 1);
    return ChooseSubnet(*candidates, limit)->winner.subnet;
  };
  EXPECT_EQ(by(Criterion::kLabelFree, 400), "middle");
  EXPECT_EQ(by(Criterion::kOracle, 400), "large");
  EXPECT_EQ(by(Criterion::kOracle, 399), "small");
  EXPECT_EQ(by(Criterion::kLabelFree, 199), "small");
}

TEST(SubnetChoice, EveryCostIsRead) {
  const auto cost = [](Cost kind) {
    return Candidates(Header(), nullptr, kind, Criterion::kOracle, 1, 1)
        ->at(0)
        .cost;
  };
  EXPECT_EQ(cost(Cost::kMacs), 400);
  EXPECT_EQ(cost(Cost::kBitOps), 400 * 64);
  EXPECT_EQ(cost(Cost::kBytes), 40);
}

TEST(SubnetChoice, LatencyIsOfItsThreadsAndBatch) {
  DeviceProfile profile;
  for (const int threads : {1, 2}) {
    for (const char* name : {"large", "middle", "small"}) {
      LatencyRow& row = *profile.add_rows();
      row.set_subnet(name);
      row.set_threads(threads);
      row.set_batch(1);
      row.set_p95_ms(std::string(name) == "large" ? 20.0 / threads : 5);
    }
  }
  const auto at = [&](int threads) {
    return Candidates(Header(), &profile, Cost::kLatencyP95, Criterion::kOracle,
                      threads, 1);
  };
  EXPECT_EQ(ChooseSubnet(*at(1), 10)->winner.subnet, "small");
  EXPECT_EQ(ChooseSubnet(*at(2), 10)->winner.subnet, "large");
  EXPECT_THAT(at(4), StatusIs(absl::StatusCode::kFailedPrecondition,
                              HasSubstr("it has: 1 threads, batch 1; 2")));
  EXPECT_THAT(
      Candidates(Header(), nullptr, Cost::kLatencyP95, Criterion::kOracle, 1,
                 1),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("--profile")));
}

TEST(SubnetChoice, SaysWhatTheCheapestCosts) {
  const auto candidates =
      Candidates(Header(), nullptr, Cost::kMacs, Criterion::kOracle, 1, 1);
  EXPECT_THAT(ChooseSubnet(*candidates, 50),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("the cheapest, small, costs 100")));
  EXPECT_THAT(
      Candidates(Header(), nullptr, Cost::kMacs, Criterion::kSource, 1, 1),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("source score")));
}

TEST(SubnetChoice, TiesGoToTheCheaperAndTheRunnerUpIsNext) {
  const std::vector<Candidate> candidates = {
      {"a", 3, 1.0}, {"b", 2, 1.0}, {"c", 1, 0.5}};
  const auto choice = ChooseSubnet(candidates, 3);
  ASSERT_THAT(choice, IsOk());
  EXPECT_EQ(choice->winner.subnet, "b");
  EXPECT_EQ(choice->runner_up->subnet, "a");
  EXPECT_FALSE(ChooseSubnet(candidates, 1)->runner_up.has_value());
}

TEST(SubnetChoice, FrontByHand) {
  EXPECT_THAT(Names(ParetoFront({{"dear", 5, 3},
                                 {"beaten", 4, 1},
                                 {"cheap", 1, 2},
                                 {"same as cheap", 1, 2},
                                 {"worse", 1, 1}})),
              ::testing::ElementsAre("cheap", "dear"));
  EXPECT_TRUE(ParetoFront({}).empty());
}

// A point is on the front exactly if no other dominates it.
TEST(SubnetChoice, FrontAgainstAllPairs) {
  Rng rng(3);
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<Candidate> all;
    for (int i = 0; i < 30; ++i) {
      // Distinct costs, some equal scores.
      all.push_back({std::to_string(i), i + rng.Uniform(0, 0.5),
                     std::floor(rng.Uniform(0, 12))});
    }
    std::vector<std::string> expected;
    for (const Candidate& a : all) {
      bool dominated = false;
      for (const Candidate& b : all) {
        dominated |= (b.cost <= a.cost && b.score > a.score) ||
                     (b.cost < a.cost && b.score >= a.score);
      }
      if (!dominated) expected.push_back(a.subnet);
    }
    EXPECT_EQ(Names(ParetoFront(all)), expected);
  }
}

TEST(SubnetChoice, ParsesCriteria) {
  EXPECT_THAT(ParseCriterion("oracle"), test::IsOkAndHolds(Criterion::kOracle));
  EXPECT_THAT(ParseCriterion("best"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("label_free, source or oracle")));
}

}  // namespace
}  // namespace rtfq
