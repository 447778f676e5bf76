#include "rtfq/eval/report_cards.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "rtfq/eval/html.h"
#include "rtfq/eval/number_format.h"

namespace rtfq {
namespace {

std::string Card(const std::string& what, const std::string& value,
                 const std::string& more) {
  return absl::StrCat("<div class=\"card\"><div class=\"what\">", what,
                      "</div><div class=\"value\">", value,
                      "</div><div class=\"more\">", more, "</div></div>");
}

std::string PercentValue(double fraction) {
  return absl::StrCat(FormatPercent(fraction), " <small>%</small>");
}

std::string Difference(double difference) {
  return absl::StrCat("<span class=\"", difference >= 0 ? "up" : "down", "\">",
                      FormatPoints(difference), "</span>");
}

bool HasGain(const SubnetRow& row) {
  return row.has_target_accuracy() && row.has_source_only_target_accuracy();
}

double GainOf(const SubnetRow& row) {
  return row.target_accuracy() - row.source_only_target_accuracy();
}

std::string SubnetCard(const char* what, const SubnetRow& row) {
  if (!row.has_target_accuracy()) return "";
  std::string more = "target accuracy";
  if (HasGain(row)) {
    more = absl::StrCat("source-only ",
                        FormatPercent(row.source_only_target_accuracy()),
                        " %, ", Difference(GainOf(row)));
  }
  return Card(absl::StrCat(what, ", ", EscapeHtml(row.subnet())),
              PercentValue(row.target_accuracy()), more);
}

std::string ScoreCard(const EvaluationReport& report) {
  const TaskScores& scores = report.task_scores();
  if (!scores.has_label_free()) return "";
  return Card(
      "task score, chosen without labels", PercentValue(scores.label_free()),
      absl::StrCat(
          "mean over ", report.budgets_size(), " budgets",
          scores.has_oracle()
              ? absl::StrCat("; oracle ", FormatPercent(scores.oracle()))
              : ""));
}

std::string LeastGainCard(const EvaluationReport& report) {
  double least = std::numeric_limits<double>::infinity();
  int positive = 0;
  for (const SubnetRow& row : report.subnets()) {
    if (!HasGain(row)) return "";
    least = std::min(least, GainOf(row));
    positive += GainOf(row) > 0 ? 1 : 0;
  }
  return Card(
      "least gain over source-only", Difference(least),
      absl::StrCat(positive, " of ", report.subnets_size(), " subnets gain"));
}

// What the fewest bits lose against the most, over pairs of equal resolution
// and width.
std::string BitsCard(const EvaluationReport& report) {
  int most = 0;
  int fewest = std::numeric_limits<int>::max();
  for (const SubnetRow& row : report.subnets()) {
    most = std::max(most, row.bits());
    fewest = std::min(fewest, row.bits());
  }
  double sum = 0;
  double worst = std::numeric_limits<double>::infinity();
  int pairs = 0;
  for (const SubnetRow& a : report.subnets()) {
    for (const SubnetRow& b : report.subnets()) {
      if (a.bits() != most || b.bits() != fewest || most == fewest ||
          a.resolution() != b.resolution() ||
          a.width_percent() != b.width_percent() || !a.has_target_accuracy() ||
          !b.has_target_accuracy()) {
        continue;
      }
      const double difference = b.target_accuracy() - a.target_accuracy();
      sum += difference;
      worst = std::min(worst, difference);
      ++pairs;
    }
  }
  if (pairs == 0) return "";
  return Card(
      absl::StrCat(fewest, " bits against ", most, ", mean"),
      FormatPoints(sum / pairs),
      absl::StrCat("worst of ", pairs, " pairs: ", FormatPoints(worst)));
}

std::string CostCard(const EvaluationReport& report) {
  const auto [smallest, largest] =
      std::minmax_element(report.subnets().begin(), report.subnets().end(),
                          [](const SubnetRow& a, const SubnetRow& b) {
                            return a.macs() < b.macs();
                          });
  const auto [light, heavy] =
      std::minmax_element(report.subnets().begin(), report.subnets().end(),
                          [](const SubnetRow& a, const SubnetRow& b) {
                            return a.weight_bytes() < b.weight_bytes();
                          });
  return Card(
      absl::StrCat(report.subnets_size(), " subnets, one set of weights"),
      absl::StrCat(FormatSi(static_cast<double>(smallest->macs())),
                   " <small>to</small> ",
                   FormatSi(static_cast<double>(largest->macs())),
                   " <small>MACs</small>"),
      absl::StrCat("paper's count ",
                   FormatSi(static_cast<double>(smallest->paper_macs())),
                   " to ", FormatSi(static_cast<double>(largest->paper_macs())),
                   "; ", FormatBytes(light->weight_bytes()), " to ",
                   FormatBytes(heavy->weight_bytes())));
}

}  // namespace

std::string CardsHtml(const EvaluationReport& report) {
  if (report.subnets_size() == 0) return "";
  return absl::StrCat(
      "<div class=\"cards\">", ScoreCard(report),
      SubnetCard("largest", report.subnets(0)),
      SubnetCard("smallest", report.subnets(report.subnets_size() - 1)),
      LeastGainCard(report), BitsCard(report), CostCard(report), "</div>");
}

}  // namespace rtfq
