#include "rtfq/eval/report_charts.h"

#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/eval/report_builder.h"
#include "tests/eval/sample_report.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;

TEST(ReportChartsTest, OneSeriesABitWidthAndTheBaseline) {
  const Chart chart = AccuracyChart(test::SampleReport(), CostAxis::kMacs);
  ASSERT_EQ(chart.series.size(), 3u);
  EXPECT_EQ(chart.series[0].name, "8 bits");
  EXPECT_EQ(chart.series[1].name, "4 bits");
  EXPECT_EQ(chart.series[2].name, "source-only");
  EXPECT_EQ(chart.series[0].marks.size(), 4u);
  EXPECT_TRUE(chart.series[2].dashed);
  EXPECT_EQ(chart.y_format, TickFormat::kPercent);
  EXPECT_THAT(chart.series[0].marks[0].tooltip, HasSubstr("r64-w100-q8"));
}

TEST(ReportChartsTest, AxesAreTheCostsAskedFor) {
  const EvaluationReport report = test::SampleReport();
  const Chart macs = AccuracyChart(report, CostAxis::kMacs);
  const Chart bit_ops = AccuracyChart(report, CostAxis::kBitOps);
  EXPECT_EQ(macs.series[0].marks[0].x,
            static_cast<double>(report.subnets(0).macs()));
  EXPECT_EQ(bit_ops.series[0].marks[0].x,
            static_cast<double>(report.subnets(0).bit_ops()));
  EXPECT_EQ(bit_ops.x_scale, Scale::kLog);
  EXPECT_THAT(macs.x_title, HasSubstr("paper's figure is half"));
}

TEST(ReportChartsTest, TheLineIsTheBestUpToACost) {
  EvaluationReport report;
  const struct {
    int macs;
    double accuracy;
  } kRows[] = {{40, 0.6}, {10, 0.5}, {30, 0.7}, {20, 0.4}};
  for (const auto& row : kRows) {
    SubnetRow* subnet = report.add_subnets();
    subnet->set_bits(8);
    subnet->set_macs(row.macs);
    subnet->set_target_accuracy(row.accuracy);
  }
  const Chart chart = AccuracyChart(report, CostAxis::kMacs);
  const auto& line = chart.series[0].line;
  ASSERT_EQ(line.size(), 3u);
  EXPECT_EQ(line[0].x, 10);
  EXPECT_EQ(line[0].y, 0.5);
  EXPECT_EQ(line[1].x, 30);
  EXPECT_EQ(line[1].y, 0.7);
  EXPECT_EQ(line[2].x, 40);  // flat to the dearest subnet
  EXPECT_EQ(line[2].y, 0.7);
}

TEST(ReportChartsTest, WithoutLabelsTheScoreStandsIn) {
  const EvaluationReport report = test::UnlabelledReport();
  const Chart chart = AccuracyChart(report, CostAxis::kMacs);
  EXPECT_EQ(chart.y_title, "label-free score");
  EXPECT_EQ(chart.series.size(), 2u);
  EXPECT_EQ(chart.series[0].marks[0].y, report.subnets(0).im_score());
}

TEST(ReportChartsTest, TotalComesFirstAmongTheLosses) {
  const std::vector<Chart> charts = LossCharts(test::SampleReport());
  ASSERT_EQ(charts.size(), 2u);
  EXPECT_EQ(charts[0].title, "total");
  EXPECT_EQ(charts[1].title, "cross entropy");
}

TEST(ReportChartsTest, LongCurvesBecomeMeansOfNeighbours) {
  EvaluationReport report;
  constexpr int kSteps = 24000;
  for (int step = 0; step < kSteps; ++step) {
    AddLoss("total", step, step % 2 == 0 ? 1.0 : 3.0, report);
  }
  const Chart chart = LossCharts(report)[0];
  EXPECT_EQ(chart.series[0].faint.size(), 240u);  // 100 steps each
  for (const ChartPoint& point : chart.series[0].faint) EXPECT_EQ(point.y, 2.0);
  EXPECT_EQ(chart.series[0].faint[0].x, (0 + 99) / 2.0);
  EXPECT_EQ(chart.series[0].line.size(), 240u);
}

TEST(ReportChartsTest, SmoothingKeepsAStraightLineStraight) {
  EvaluationReport report;
  for (int step = 0; step < 200; ++step) AddLoss("x", step, 2.0 * step, report);
  const std::vector<Chart> charts = LossCharts(report);
  for (const ChartPoint& point : charts[0].series[0].line) {
    EXPECT_DOUBLE_EQ(point.y, 2 * point.x);
  }
}

TEST(ReportChartsTest, ValuesThatAreNotFiniteAreLeftOut) {
  EvaluationReport report;
  AddLoss("x", 0, 1, report);
  AddLoss("x", 1, std::nan(""), report);
  AddLoss("x", 2, 3, report);
  EXPECT_EQ(LossCharts(report)[0].series[0].faint.size(), 2u);
}

}  // namespace
}  // namespace rtfq
