#include "rtfq/eval/report_html.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/eval/report.h"
#include "tests/eval/sample_report.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReportHtmlTest, IsOneWholeDocument) {
  const std::string html = ToHtml(test::SampleReport());
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>"));
  EXPECT_EQ(test::WhatIsUnbalanced(html), "");
  EXPECT_THAT(html,
              HasSubstr("<title>RTF-Q: clean \xE2\x86\x92 textured</title>"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme:dark"));
  // Two of accuracy, two losses, one matrix.
  int charts = 0;
  for (size_t at = html.find("<svg"); at != html.npos;
       at = html.find("<svg", at + 1)) {
    ++charts;
  }
  EXPECT_EQ(charts, 2 + 2 + 1);
}

TEST(ReportHtmlTest, NeedsNothingElse) {
  const std::string html = ToHtml(test::SampleReport());
  for (const char* outside :
       {"<script", "http:", "https:", "href", "src=", "url(", "@import"}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
}

TEST(ReportHtmlTest, NotesStandWhereTheyMust) {
  const std::string html = ToHtml(test::SampleReport());
  EXPECT_THAT(html, HasSubstr(kOracleNote));
  // Below the chart and above the table.
  const size_t first = html.find(kBitOpsNote);
  ASSERT_NE(first, html.npos);
  EXPECT_NE(html.find(kBitOpsNote, first + 1), html.npos);
}

TEST(ReportHtmlTest, SaysWhetherTheSourceSelectionSawItsImages) {
  EvaluationReport report = test::SampleReport();
  EXPECT_THAT(ToHtml(report), HasSubstr("images that were trained on."));
  report.mutable_facts()->set_held_out_source_images(9);
  EXPECT_THAT(ToHtml(report),
              HasSubstr("images that were held out of training."));
}

TEST(ReportHtmlTest, HostileTextStaysText) {
  EvaluationReport report = test::SampleReport();
  report.mutable_facts()->set_network("<img onerror=x>");
  report.mutable_facts()->set_source_name("\"><svg onload=x>");
  report.mutable_loss_curves(0)->set_name("</style><b>");
  report.mutable_subnets(0)->set_subnet("<i>");
  const std::string html = ToHtml(report);
  EXPECT_EQ(test::WhatIsUnbalanced(html), "");
  for (const char* markup : {"<img", "<svg onload", "</style><b>", "<script"}) {
    EXPECT_THAT(html, Not(HasSubstr(markup)));
  }
}

TEST(ReportHtmlTest, UnlabelledTargetLeavesAccuracyOut) {
  const std::string html = ToHtml(test::UnlabelledReport());
  EXPECT_EQ(test::WhatIsUnbalanced(html), "");
  EXPECT_THAT(html, HasSubstr("No target image has a label"));
  EXPECT_THAT(html, Not(HasSubstr("Confusion matrix")));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(ReportHtmlTest, EmptyReportIsStillADocument) {
  EXPECT_EQ(test::WhatIsUnbalanced(ToHtml(EvaluationReport())), "");
}

TEST(ReportHtmlTest, SameReportSameBytes) {
  EXPECT_EQ(ToHtml(test::SampleReport()), ToHtml(test::SampleReport()));
}

}  // namespace
}  // namespace rtfq
