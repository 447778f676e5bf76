#include "rtfq/eval/report_html.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/eval/html.h"
#include "rtfq/eval/report.h"
#include "rtfq/eval/report_cards.h"
#include "rtfq/eval/report_charts.h"
#include "rtfq/eval/report_style.h"
#include "rtfq/eval/report_tables.h"
#include "rtfq/eval/svg_chart.h"
#include "rtfq/eval/svg_heat_map.h"

namespace rtfq {
namespace {

std::string Title(const RunFacts& facts) {
  const std::string source =
      facts.source_name().empty() ? "source" : facts.source_name();
  const std::string target =
      facts.target_name().empty() ? "target" : facts.target_name();
  return EscapeHtml(absl::StrCat(source, " \xE2\x86\x92 ", target));
}

std::string Note(const std::string& text) {
  return absl::StrCat("<p class=\"note\">", text, "</p>");
}

std::string Panel(const std::string& html) {
  return absl::StrCat("<div class=\"panel\">", html, "</div>");
}

std::string Head(const EvaluationReport& report) {
  const std::string title = Title(report.facts());
  std::string lead = "RTF-Q";
  if (!report.facts().network().empty()) {
    absl::StrAppend(&lead, ", ", EscapeHtml(report.facts().network()));
  }
  absl::StrAppend(&lead, ": ", report.subnets_size(),
                  " subnets of one set of weights, trained on labelled source "
                  "and unlabelled target images");
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,"
      "initial-scale=1\"><title>RTF-Q: ",
      title, "</title><style>", kReportStyle,
      "</style></head>\n<body><main><h1>", title, "</h1><p class=\"lead\">",
      lead, ".</p>\n", CardsHtml(report));
}

std::string AccuracySection(const EvaluationReport& report) {
  if (report.subnets_size() == 0) return "";
  const Chart macs = AccuracyChart(report, CostAxis::kMacs);
  const Chart bit_ops = AccuracyChart(report, CostAxis::kBitOps);
  return absl::StrCat(
      "<h2>What a subnet costs and how good it is</h2>",
      Note(
          "Every mark is a subnet; the lines are the best of each bit width up "
          "to a cost. Point at a mark for its numbers."),
      macs.y_format == TickFormat::kPercent
          ? ""
          : Note("No target image has a label, so accuracy is unknown and the "
                 "label-free score stands in for it."),
      "<div class=\"pair\"><div class=\"panel\"><h3>Over MACs</h3>",
      ToSvg(macs), "</div><div class=\"panel\"><h3>Over BitOPs</h3>",
      ToSvg(bit_ops), "</div></div>",
      Note(absl::StrCat("BitOPs are MACs \xC3\x97 bits of the weight \xC3\x97 "
                        "bits of the input. ",
                        kBitOpsNote)));
}

std::string BudgetSection(const EvaluationReport& report) {
  if (report.budgets_size() == 0) return "";
  return absl::StrCat(
      "<h2>Best subnet within a budget</h2>",
      Note(absl::StrCat(
          "A budget admits every subnet up to its MACs. Label-free: the "
          "highest information-maximisation score on target images, no label "
          "used. Source: the highest accuracy on source images that were ",
          report.facts().held_out_source_images() > 0 ? "held out of training."
                                                      : "trained on.")),
      absl::StrCat("<p class=\"note warn\"><b>Oracle:</b> the highest target "
                   "accuracy, as the paper reports. ",
                   kOracleNote,
                   " Without target labels nobody can choose so.</p>"),
      Panel(BudgetTableHtml(report)));
}

std::string LossSection(const EvaluationReport& report) {
  if (report.loss_curves_size() == 0) return "";
  std::string html = absl::StrCat(
      "<h2>Losses over the steps</h2>",
      Note("Each unweighted but the total. Thin: means of neighbouring steps; "
           "thick: smoothed."),
      "<div class=\"small\">");
  for (const Chart& chart : LossCharts(report)) {
    absl::StrAppend(&html, "<div class=\"panel\"><h3>", EscapeHtml(chart.title),
                    "</h3>", ToSvg(chart), "</div>");
  }
  return html + "</div>";
}

std::string SubnetSection(const EvaluationReport& report) {
  if (report.subnets_size() == 0) return "";
  return absl::StrCat(
      "<h2>All subnets</h2>",
      Note(absl::StrCat("r: pixels, w: percent of the channels, q: bits. MACs: "
                        "multiply-adds of one image; the paper's figure is "
                        "half. ms: measured, median of one image. ",
                        kBitOpsNote)),
      Note("<span class=\"key base\"></span>source-only"
           "<span class=\"key gain\"></span>gained by adaptation; the bar is "
           "100 % wide"),
      Panel(SubnetTableHtml(report)));
}

std::string MatrixHtml(const EvaluationReport& report,
                       const ConfusionMatrix& matrix) {
  const std::vector<std::string> names(report.class_names().begin(),
                                       report.class_names().end());
  const std::vector<int64_t> counts(matrix.counts().begin(),
                                    matrix.counts().end());
  if (names.empty() || counts.size() != names.size() * names.size()) return "";
  // Beyond this a cell is smaller than a pixel; the mistakes say more.
  constexpr size_t kMaxDrawn = 128;
  std::string html = Panel(ClassTableHtml(report, matrix));
  absl::StrAppend(&html, "<div class=\"pair\">");
  if (names.size() <= kMaxDrawn) {
    absl::StrAppend(&html, "<div class=\"panel\"><h3>Confusion matrix</h3>",
                    Note("Rows: truth; columns: answer; shade: share of the "
                         "row."),
                    HeatMapSvg(names, counts), "</div>");
  }
  if (const std::string mistakes = MistakeTableHtml(report, matrix);
      !mistakes.empty()) {
    absl::StrAppend(&html,
                    "<div class=\"panel\"><h3>Most frequent mistakes</h3>",
                    mistakes, "</div>");
  }
  return html + "</div>";
}

// The label-free choice of the largest budget comes first in the report.
std::string ClassSection(const EvaluationReport& report) {
  if (report.confusion_matrices_size() == 0) return "";
  const ConfusionMatrix& matrix = report.confusion_matrices(0);
  const std::string html = MatrixHtml(report, matrix);
  if (html.empty()) return "";
  return absl::StrCat("<h2>Classes, ", EscapeHtml(matrix.subnet()), "</h2>",
                      Note("Target accuracy in percent, worst first."), html);
}

}  // namespace

std::string ToHtml(const EvaluationReport& report) {
  return absl::StrCat(Head(report), AccuracySection(report),
                      BudgetSection(report), LossSection(report),
                      SubnetSection(report), ClassSection(report),
                      "<h2>Where the numbers come from</h2>",
                      Panel(FactTableHtml(report)), "</main></body></html>\n");
}

}  // namespace rtfq
