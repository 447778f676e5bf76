#include "rtfq/eval/selection.h"

#include <cmath>
#include <optional>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

// Each selection prefers another one of the first three.
std::vector<Candidate> ThreeMinds() {
  return {{.bit_ops = 10,
           .im_score = 3.0,
           .source_accuracy = 0.5,
           .target_accuracy = 0.6},
          {.bit_ops = 20,
           .im_score = 1.0,
           .source_accuracy = 0.9,
           .target_accuracy = 0.7},
          {.bit_ops = 30,
           .im_score = 2.0,
           .source_accuracy = 0.7,
           .target_accuracy = 0.8}};
}

const std::vector<Budget> kAll = {{.max_macs = 1, .admitted = {0, 1, 2}}};

int Chosen(const std::vector<Candidate>& candidates, Selection selection) {
  return Select(candidates, kAll, selection)[0].subnet;
}

TEST(SelectionTest, EachChoosesByItsOwnCriterionOnly) {
  const std::vector<Candidate> candidates = ThreeMinds();
  EXPECT_EQ(Chosen(candidates, Selection::kLabelFree), 0);
  EXPECT_EQ(Chosen(candidates, Selection::kSource), 1);
  EXPECT_EQ(Chosen(candidates, Selection::kOracle), 2);
}

TEST(SelectionTest, LabelFreeDoesNotSeeTargetLabels) {
  std::vector<Candidate> candidates = ThreeMinds();
  for (Candidate& candidate : candidates) candidate.target_accuracy.reset();
  EXPECT_EQ(Chosen(candidates, Selection::kLabelFree), 0);
  EXPECT_EQ(Chosen(candidates, Selection::kSource), 1);
  EXPECT_EQ(Chosen(candidates, Selection::kOracle), -1);
  EXPECT_FALSE(
      Select(candidates, kAll, Selection::kLabelFree)[0].target_accuracy);
}

TEST(SelectionTest, ReportsTheChosenSubnetsTargetAccuracy) {
  EXPECT_EQ(Select(ThreeMinds(), kAll, Selection::kSource)[0].target_accuracy,
            0.7);
}

TEST(SelectionTest, OnlyAdmittedSubnetsAreChosen) {
  const std::vector<Budget> budgets = {{.max_macs = 1, .admitted = {1}},
                                       {.max_macs = 2, .admitted = {0, 1}},
                                       {.max_macs = 3, .admitted = {}}};
  const std::vector<Choice> choices =
      Select(ThreeMinds(), budgets, Selection::kLabelFree);
  ASSERT_EQ(choices.size(), 3u);
  EXPECT_EQ(choices[0].subnet, 1);
  EXPECT_EQ(choices[1].subnet, 0);
  EXPECT_EQ(choices[2].subnet, -1);
}

TEST(SelectionTest, TiesGoToFewerBitOpsThenToTheLowerIndex) {
  std::vector<Candidate> candidates(4);
  for (Candidate& candidate : candidates) candidate.im_score = 1.5;
  candidates[0].bit_ops = 9;
  candidates[1].bit_ops = 7;
  candidates[2].bit_ops = 7;
  candidates[3].bit_ops = 8;
  const std::vector<Budget> budgets = {
      {.max_macs = 1, .admitted = {0, 1, 2, 3}}};
  EXPECT_EQ(Select(candidates, budgets, Selection::kLabelFree)[0].subnet, 1);
}

TEST(SelectionTest, NanIsNoValue) {
  std::vector<Candidate> candidates = ThreeMinds();
  candidates[0].im_score = std::nan("");
  EXPECT_EQ(Chosen(candidates, Selection::kLabelFree), 2);
}

TEST(SelectionTest, ScoreIsTheMeanOverBudgets) {
  const std::vector<Choice> choices = {{0, 0.5}, {1, 0.75}, {1, 1.0}};
  EXPECT_EQ(TaskScore(choices), (0.5 + 0.75 + 1.0) / 3);
}

TEST(SelectionTest, ScoreOfUnknownsIsUnknown) {
  const std::vector<Choice> choices = {{0, 0.5}, {1, std::nullopt}};
  EXPECT_EQ(TaskScore(choices), std::nullopt);
  EXPECT_EQ(TaskScore({}), std::nullopt);
}

TEST(SelectionTest, Names) {
  EXPECT_STREQ(NameOf(Selection::kLabelFree), "label_free");
  EXPECT_STREQ(NameOf(Selection::kSource), "source");
  EXPECT_STREQ(NameOf(Selection::kOracle), "oracle");
}

}  // namespace
}  // namespace rtfq
