#include "rtfq/eval/report_cards.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/eval/sample_report.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReportCardsTest, TellsGainsAndBits) {
  const std::string html = CardsHtml(test::SampleReport());
  EXPECT_EQ(test::WhatIsUnbalanced(html), "");
  EXPECT_THAT(html, HasSubstr("largest, r64-w100-q8"));
  EXPECT_THAT(html, HasSubstr("source-only 60.0 %, <span class=\"up\">+30.0"));
  EXPECT_THAT(html, HasSubstr("smallest, r40-w60-q4"));
  EXPECT_THAT(html, HasSubstr("8 of 8 subnets gain"));
  // 4 bits follow 8 bits in the order: 0.01 less in each of the four pairs.
  EXPECT_THAT(html, HasSubstr("4 bits against 8, mean"));
  EXPECT_THAT(html, HasSubstr("-1.0 points"));
  EXPECT_THAT(html, HasSubstr("worst of 4 pairs"));
}

TEST(ReportCardsTest, LossesAreNotCalledGains) {
  EvaluationReport report = test::SampleReport();
  report.mutable_subnets(3)->set_source_only_target_accuracy(0.95);
  const std::string html = CardsHtml(report);
  EXPECT_THAT(html, HasSubstr("7 of 8 subnets gain"));
  EXPECT_THAT(html, HasSubstr("<span class=\"down\">-8.0 points"));
}

TEST(ReportCardsTest, WithoutLabelsOnlyCostsAreTold) {
  const std::string html = CardsHtml(test::UnlabelledReport());
  EXPECT_THAT(html, HasSubstr("8 subnets, one set of weights"));
  EXPECT_THAT(html, Not(HasSubstr("points")));
  EXPECT_EQ(CardsHtml(EvaluationReport()), "");
}

}  // namespace
}  // namespace rtfq
