#include "rtfq/eval/report_charts.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "rtfq/eval/number_format.h"

namespace rtfq {
namespace {

constexpr int kSourceOnlyStyle = 5;
constexpr int kMaxBuckets = 240;  // points a line has room for

bool HasTargetAccuracy(const EvaluationReport& report) {
  return std::any_of(
      report.subnets().begin(), report.subnets().end(),
      [](const SubnetRow& row) { return row.has_target_accuracy(); });
}

double CostOf(const SubnetRow& row, CostAxis cost) {
  return static_cast<double>(cost == CostAxis::kMacs ? row.macs()
                                                     : row.bit_ops());
}

std::string Tooltip(const SubnetRow& row) {
  std::string text = absl::StrCat(
      row.subnet(), "\n", FormatSi(static_cast<double>(row.macs())), " MACs, ",
      FormatSi(static_cast<double>(row.bit_ops())), " BitOPs, ",
      FormatBytes(row.weight_bytes()));
  if (row.has_target_accuracy()) {
    absl::StrAppend(&text, "\ntarget ", FormatPercent(row.target_accuracy()),
                    " %");
  }
  if (row.has_target_interval()) {
    absl::StrAppend(&text, " (", FormatPercent(row.target_interval().low()),
                    "..", FormatPercent(row.target_interval().high()), ")");
  }
  if (row.has_source_only_target_accuracy()) {
    absl::StrAppend(&text, "\nsource-only ",
                    FormatPercent(row.source_only_target_accuracy()), " %");
  }
  return text;
}

// The best so far by rising cost, up to the dearest point.
std::vector<ChartPoint> Frontier(std::vector<ChartPoint> points) {
  std::stable_sort(points.begin(), points.end(),
                   [](const ChartPoint& a, const ChartPoint& b) {
                     return a.x != b.x ? a.x < b.x : a.y > b.y;
                   });
  std::vector<ChartPoint> frontier;
  for (const ChartPoint& point : points) {
    if (frontier.empty() || point.y > frontier.back().y) {
      frontier.push_back({point.x, point.y, ""});
    }
  }
  if (!points.empty() && points.back().x > frontier.back().x) {
    frontier.push_back({points.back().x, frontier.back().y, ""});
  }
  return frontier;
}

std::string BitsName(int bits) {
  return bits == 32 ? "32-bit float" : absl::StrCat(bits, " bits");
}

// Means of at most kMaxBuckets runs of neighbouring steps.
std::vector<ChartPoint> Bucketed(const LossCurve& curve) {
  const int count = std::min(curve.steps_size(), curve.values_size());
  const int width = std::max(1, (count + kMaxBuckets - 1) / kMaxBuckets);
  std::vector<ChartPoint> points;
  for (int begin = 0; begin < count; begin += width) {
    double steps = 0;
    double values = 0;
    int finite = 0;
    for (int i = begin; i < std::min(begin + width, count); ++i) {
      if (!std::isfinite(curve.values(i))) continue;
      steps += static_cast<double>(curve.steps(i));
      values += curve.values(i);
      ++finite;
    }
    if (finite > 0) points.push_back({steps / finite, values / finite, ""});
  }
  return points;
}

// Every point becomes the mean of its neighbours, about a twentieth of the
// curve wide; narrower at the ends, so that none is pulled to one side.
std::vector<ChartPoint> Smoothed(const std::vector<ChartPoint>& points) {
  const int count = static_cast<int>(points.size());
  std::vector<ChartPoint> smooth = points;
  for (int i = 0; i < count; ++i) {
    const int reach = std::min({count / 40, i, count - 1 - i});
    double sum = 0;
    for (int j = i - reach; j <= i + reach; ++j) sum += points[j].y;
    smooth[i].y = sum / (2 * reach + 1);
  }
  return smooth;
}

Chart LossChart(const LossCurve& curve, int style) {
  Chart chart;
  chart.title = absl::StrReplaceAll(curve.name(), {{"_", " "}});
  chart.width = 380;
  chart.height = 210;
  chart.names = false;
  ChartSeries& series = chart.series.emplace_back();
  series.name = chart.title;
  series.style = style;
  series.faint = Bucketed(curve);
  series.line = Smoothed(series.faint);
  return chart;
}

}  // namespace

Chart AccuracyChart(const EvaluationReport& report, CostAxis cost) {
  const bool labelled = HasTargetAccuracy(report);
  const bool macs = cost == CostAxis::kMacs;
  Chart chart;
  chart.x_title = macs ? "MACs of one image (the paper's figure is half)"
                       : "BitOPs of one image (logarithmic)";
  chart.y_title = labelled ? "target accuracy" : "label-free score";
  chart.title = absl::StrCat(chart.y_title, " over ", macs ? "MACs" : "BitOPs");
  chart.x_scale = macs ? Scale::kLinear : Scale::kLog;
  chart.y_format = labelled ? TickFormat::kPercent : TickFormat::kSi;

  std::set<int, std::greater<>> all_bits;
  for (const SubnetRow& row : report.subnets()) all_bits.insert(row.bits());
  int style = 0;
  for (const int bits : all_bits) {
    ChartSeries& series = chart.series.emplace_back();
    series.name = BitsName(bits);
    series.style = std::min(style++, kSourceOnlyStyle - 1);
    for (const SubnetRow& row : report.subnets()) {
      const bool known =
          labelled ? row.has_target_accuracy() : row.has_im_score();
      if (row.bits() != bits || !known) continue;
      series.marks.push_back({CostOf(row, cost),
                              labelled ? row.target_accuracy() : row.im_score(),
                              Tooltip(row)});
    }
    series.line = Frontier(series.marks);
  }

  std::vector<ChartPoint> source_only;
  for (const SubnetRow& row : report.subnets()) {
    if (row.bits() != *all_bits.begin() ||
        !row.has_source_only_target_accuracy()) {
      continue;
    }
    source_only.push_back(
        {CostOf(row, cost), row.source_only_target_accuracy(), ""});
  }
  if (labelled && !source_only.empty()) {
    ChartSeries& series = chart.series.emplace_back();
    series.name = "source-only";
    series.style = kSourceOnlyStyle;
    series.line = Frontier(source_only);
    series.dashed = true;
  }
  return chart;
}

std::vector<Chart> LossCharts(const EvaluationReport& report) {
  std::vector<const LossCurve*> curves;
  for (const LossCurve& curve : report.loss_curves()) curves.push_back(&curve);
  std::stable_partition(
      curves.begin(), curves.end(),
      [](const LossCurve* curve) { return curve->name() == "total"; });
  std::vector<Chart> charts;
  for (const LossCurve* curve : curves) {
    charts.push_back(LossChart(*curve, static_cast<int>(charts.size()) % 5));
  }
  return charts;
}

}  // namespace rtfq
