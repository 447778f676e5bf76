#include "rtfq/eval/report_tables.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/eval/sample_report.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

int RowsOf(const std::string& html) {
  int rows = 0;
  const size_t end = html.find("</tbody>");
  for (size_t at = html.find("<tbody>"); at != html.npos && at < end;
       at = html.find("<tr", at + 1)) {
    ++rows;
  }
  return rows - 1;  // <tbody> itself was counted
}

TEST(ReportTablesTest, BudgetsHaveARowEachAndAMean) {
  const std::string html = BudgetTableHtml(test::SampleReport());
  EXPECT_EQ(test::WhatIsUnbalanced(html), "");
  EXPECT_EQ(RowsOf(html), 8);
  EXPECT_THAT(html, HasSubstr("oracle, peeks at labels"));
  EXPECT_THAT(html, HasSubstr("mean over the budgets"));
  EXPECT_THAT(html, HasSubstr("<td class=\"num oracle\">90.0</td>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"num\">83.0</td>"));
}

TEST(ReportTablesTest, SubnetsHaveARowEachWithBothCounts) {
  const std::string html = SubnetTableHtml(test::SampleReport());
  EXPECT_EQ(test::WhatIsUnbalanced(html), "");
  EXPECT_EQ(RowsOf(html), 8);
  EXPECT_THAT(html, HasSubstr("paper's MACs"));
  EXPECT_THAT(html, HasSubstr("4.21 M"));
  EXPECT_THAT(html, HasSubstr("2.11 M"));
  // From 60 % to 90 %.
  EXPECT_THAT(html, HasSubstr("class=\"base\" style=\"width:60.0%\""));
  EXPECT_THAT(html, HasSubstr("class=\"gain\" style=\"width:30.0%\""));
}

TEST(ReportTablesTest, AFallIsDrawnAsOne) {
  EvaluationReport report = test::SampleReport();
  report.mutable_subnets(0)->set_source_only_target_accuracy(0.95);
  EXPECT_THAT(SubnetTableHtml(report),
              HasSubstr("class=\"loss\" style=\"width:5.0%\""));
}

TEST(ReportTablesTest, WithoutLabelsCellsAreDashes) {
  const std::string html = SubnetTableHtml(test::UnlabelledReport());
  EXPECT_EQ(test::WhatIsUnbalanced(html), "");
  EXPECT_THAT(html, Not(HasSubstr("class=\"bar\"")));
  EXPECT_THAT(html, HasSubstr("class=\"unknown\""));
}

TEST(ReportTablesTest, ClassesAreWorstFirstAndEscaped) {
  const EvaluationReport report = test::SampleReport();
  const std::string html = ClassTableHtml(report, report.confusion_matrices(0));
  EXPECT_EQ(test::WhatIsUnbalanced(html), "");
  // mug: 70 of 80, the hostile class 20 of 20, bike has no image.
  EXPECT_LT(html.find("mug"), html.find("&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("87.5"));
  EXPECT_THAT(html, HasSubstr("20/20"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("bike")));
}

TEST(ReportTablesTest, MistakesAreMostFrequentFirst) {
  EvaluationReport report;
  for (const char* name : {"a", "b", "c"}) report.add_class_names(name);
  ConfusionMatrix matrix;
  for (const int count : {9, 2, 0, 5, 9, 0, 0, 1, 9}) matrix.add_counts(count);
  const std::string html = MistakeTableHtml(report, matrix);
  EXPECT_EQ(RowsOf(html), 3);
  EXPECT_LT(html.find("<td class=\"num\">5</td>"),
            html.find("<td class=\"num\">2</td>"));
  EXPECT_LT(html.find("<td class=\"num\">2</td>"),
            html.find("<td class=\"num\">1</td>"));
}

TEST(ReportTablesTest, AMatrixOfAnotherSizeIsLeftOut) {
  EvaluationReport report;
  report.add_class_names("a");
  ConfusionMatrix matrix;
  matrix.add_counts(1);
  matrix.add_counts(2);
  EXPECT_EQ(MistakeTableHtml(report, matrix), "");
  EXPECT_EQ(test::WhatIsUnbalanced(ClassTableHtml(report, matrix)), "");
}

TEST(ReportTablesTest, FactsAreEscapedAndUnknownOnesLeftOut) {
  EvaluationReport report;
  report.mutable_facts()->set_commit("<b>");
  report.mutable_facts()->set_train_seconds(125);
  const std::string html = FactTableHtml(report);
  EXPECT_EQ(test::WhatIsUnbalanced(html), "");
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(html, HasSubstr("2 min 05 s"));
  EXPECT_THAT(html, Not(HasSubstr("seed")));
}

}  // namespace
}  // namespace rtfq
