#include "rtfq/eval/svg_chart.h"

#include <cmath>
#include <cstdio>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/eval/sample_report.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != text.npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

Chart TwoSeries() {
  Chart chart;
  chart.title = "accuracy <over> cost";
  chart.x_title = "cost";
  chart.y_title = "accuracy";
  chart.y_format = TickFormat::kPercent;
  chart.series.push_back({.name = "8 bits",
                          .style = 0,
                          .marks = {{1e9, 0.5, "a & b"}, {2e9, 0.75, ""}},
                          .line = {{1e9, 0.5, ""}, {2e9, 0.75, ""}}});
  chart.series.push_back({.name = "4 bits",
                          .style = 1,
                          .line = {{1e9, 0.5, ""}, {2e9, 0.75, ""}},
                          .dashed = true});
  return chart;
}

TEST(SvgChartTest, DrawsMarksLinesAxesLegendAndNames) {
  const std::string svg = ToSvg(TwoSeries());
  EXPECT_EQ(test::WhatIsUnbalanced(svg), "");
  // Two marks and one in the legend.
  EXPECT_EQ(CountOf(svg, "<circle"), 2 + 1);
  EXPECT_EQ(CountOf(svg, "<polyline class=\"line\""), 1);
  EXPECT_EQ(CountOf(svg, "<polyline class=\"line dashed\""), 1);
  EXPECT_EQ(CountOf(svg, ">8 bits</text>"), 2);
  EXPECT_THAT(svg, HasSubstr(">60 %</text>"));
  EXPECT_THAT(svg, HasSubstr(">1.5 G</text>"));
}

TEST(SvgChartTest, TextsAreEscaped) {
  const std::string svg = ToSvg(TwoSeries());
  EXPECT_THAT(svg, HasSubstr("aria-label=\"accuracy &lt;over&gt; cost\""));
  EXPECT_THAT(svg, HasSubstr("<title>a &amp; b</title>"));
}

TEST(SvgChartTest, HigherValuesLieHigher) {
  Chart chart;
  chart.names = false;
  chart.series.push_back({.line = {{0, 0, ""}, {1, 1, ""}}});
  const std::string svg = ToSvg(chart);
  const size_t at = svg.find("points=\"") + 8;
  double x0 = 0;
  double y0 = 0;
  double x1 = 0;
  double y1 = 0;
  ASSERT_EQ(
      std::sscanf(svg.c_str() + at, "%lf,%lf %lf,%lf", &x0, &y0, &x1, &y1), 4);
  EXPECT_LT(x0, x1);
  EXPECT_GT(y0, y1);  // SVG counts downwards
  EXPECT_GE(y1, 0);
  EXPECT_LE(x1, chart.width);
}

TEST(SvgChartTest, NamesOfLinesThatEndTogetherDoNotOverlap) {
  const std::string svg = ToSvg(TwoSeries());
  double y[2] = {};
  size_t at = 0;
  for (double& value : y) {
    at = svg.find("class=\"series-name\"", at + 1);
    ASSERT_NE(at, svg.npos);
    const size_t text = svg.rfind("<text", at);
    ASSERT_EQ(
        std::sscanf(svg.c_str() + text, "<text x=\"%*f\" y=\"%lf\"", &value),
        1);
  }
  EXPECT_GE(std::abs(y[0] - y[1]), 12);  // the height of the font
}

TEST(SvgChartTest, PointsThatAreNotFiniteAreLeftOut) {
  Chart chart = TwoSeries();
  chart.series[0].marks.push_back({3e9, std::nan(""), ""});
  chart.series[0].line.insert(chart.series[0].line.begin(),
                              {-INFINITY, 0.5, ""});
  EXPECT_EQ(ToSvg(chart), ToSvg(TwoSeries()));
}

TEST(SvgChartTest, WithoutDataItSaysSo) {
  EXPECT_THAT(ToSvg(Chart()), HasSubstr("no data"));
  Chart chart;
  chart.series.push_back({.line = {{std::nan(""), 1, ""}}});
  EXPECT_THAT(ToSvg(chart), HasSubstr("no data"));
  EXPECT_THAT(ToSvg(chart), Not(HasSubstr("nan")));
}

TEST(SvgChartTest, OnePointIsDrawn) {
  Chart chart;
  chart.series.push_back({.name = "one", .marks = {{5, 5, ""}}});
  const std::string svg = ToSvg(chart);
  EXPECT_EQ(CountOf(svg, "<circle"), 2);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace rtfq
