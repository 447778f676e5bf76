#include "rtfq/eval/report.h"

#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "rtfq/eval/number_format.h"

namespace rtfq {
namespace {

std::string PercentOr(bool known, double fraction) {
  return known ? FormatPercent(fraction) : "-";
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

// The shortest text that is read back as the same number.
std::string CsvNumber(bool known, double value) {
  if (!known) return "";
  for (int digits = 6; digits < 17; ++digits) {
    const std::string text = absl::StrFormat("%.*g", digits, value);
    if (std::strtod(text.c_str(), nullptr) == value) return text;
  }
  return absl::StrFormat("%.17g", value);
}

std::string SubnetLine(const SubnetRow& row) {
  const std::string latency =
      row.has_latency_ms() ? absl::StrFormat("%.2f", row.latency_ms()) : "-";
  std::string accuracy = absl::StrCat(
      PercentOr(row.has_source_only_target_accuracy(),
                row.source_only_target_accuracy()),
      " -> ", PercentOr(row.has_target_accuracy(), row.target_accuracy()));
  if (row.has_target_interval()) {
    absl::StrAppend(&accuracy, "  (",
                    FormatPercent(row.target_interval().low()), "..",
                    FormatPercent(row.target_interval().high()), ")");
  }
  return absl::StrFormat("%-13s %8s %8s %9s %8s   %s\n", row.subnet(),
                         FormatSi(static_cast<double>(row.macs())),
                         FormatSi(static_cast<double>(row.bit_ops())),
                         FormatBytes(row.weight_bytes()), latency, accuracy);
}

std::string ChoiceCell(bool chosen, const SelectedSubnet& choice) {
  if (!chosen) return "-";
  return absl::StrFormat(
      "%-13s %5s", choice.subnet(),
      PercentOr(choice.has_target_accuracy(), choice.target_accuracy()));
}

std::string BudgetTable(const EvaluationReport& report) {
  std::string text =
      absl::StrFormat("%-10s %7s   %-20s  %-20s  %s\n", "MACs up to", "subnets",
                      "label-free", "source", "oracle (peeks)");
  for (const BudgetRow& row : report.budgets()) {
    absl::StrAppendFormat(&text, "%-10s %7d   %-20s  %-20s  %s\n",
                          FormatSi(row.max_macs()), row.admitted(),
                          ChoiceCell(row.has_label_free(), row.label_free()),
                          ChoiceCell(row.has_source(), row.source()),
                          ChoiceCell(row.has_oracle(), row.oracle()));
  }
  const TaskScores& scores = report.task_scores();
  absl::StrAppendFormat(
      &text, "%-10s %7s   %-13s %5s   %-13s %5s   %-13s %5s\n", "mean", "", "",
      PercentOr(scores.has_label_free(), scores.label_free()), "",
      PercentOr(scores.has_source(), scores.source()), "",
      PercentOr(scores.has_oracle(), scores.oracle()));
  return absl::StrCat(text, kOracleNote, "\n");
}

struct NamedChoice {
  const char* selection;
  bool chosen;
  const SelectedSubnet& choice;
};

std::vector<NamedChoice> ChoicesOf(const BudgetRow& row) {
  return {{"label_free", row.has_label_free(), row.label_free()},
          {"source", row.has_source(), row.source()},
          {"oracle", row.has_oracle(), row.oracle()}};
}

std::string ScoreLine(const char* selection, bool known, double score) {
  return absl::StrCat("all,,,", selection, ",,", CsvNumber(known, score), "\n");
}

}  // namespace

std::string ToText(const EvaluationReport& report) {
  std::string text = absl::StrFormat(
      "%-13s %8s %8s %9s %8s   %s\n", "subnet", "MACs", "BitOPs", "bytes", "ms",
      "target accuracy %: source-only -> adapted (95 % interval)");
  for (const SubnetRow& row : report.subnets()) text += SubnetLine(row);
  absl::StrAppend(&text,
                  "MACs: one multiply-add each, of one image; the paper's "
                  "figures are half. ms: measured, median of one image.\n",
                  kBitOpsNote, "\n");
  if (report.budgets_size() > 0) {
    absl::StrAppend(&text, "\n", BudgetTable(report));
  }
  return text;
}

std::string ToCsv(const EvaluationReport& report) {
  std::string csv =
      "subnet,resolution,width_percent,bits,macs,paper_macs,bit_ops,"
      "weight_bytes,latency_ms,target_accuracy,target_low,target_high,"
      "target_mean_per_class,source_accuracy,im_score,"
      "source_only_target_accuracy\n";
  for (const SubnetRow& row : report.subnets()) {
    const bool interval = row.has_target_interval();
    const std::vector<std::string> fields = {
        CsvField(row.subnet()),
        absl::StrCat(row.resolution()),
        absl::StrCat(row.width_percent()),
        absl::StrCat(row.bits()),
        absl::StrCat(row.macs()),
        absl::StrCat(row.paper_macs()),
        absl::StrCat(row.bit_ops()),
        absl::StrCat(row.weight_bytes()),
        CsvNumber(row.has_latency_ms(), row.latency_ms()),
        CsvNumber(row.has_target_accuracy(), row.target_accuracy()),
        CsvNumber(interval, row.target_interval().low()),
        CsvNumber(interval, row.target_interval().high()),
        CsvNumber(row.has_target_mean_per_class(), row.target_mean_per_class()),
        CsvNumber(row.has_source_accuracy(), row.source_accuracy()),
        CsvNumber(row.has_im_score(), row.im_score()),
        CsvNumber(row.has_source_only_target_accuracy(),
                  row.source_only_target_accuracy())};
    absl::StrAppend(&csv, absl::StrJoin(fields, ","), "\n");
  }
  return csv;
}

std::string BudgetsToCsv(const EvaluationReport& report) {
  std::string csv =
      "budget,max_macs,admitted,selection,subnet,target_accuracy\n";
  for (int i = 0; i < report.budgets_size(); ++i) {
    const BudgetRow& row = report.budgets(i);
    for (const NamedChoice& named : ChoicesOf(row)) {
      absl::StrAppend(
          &csv, i + 1, ",", CsvNumber(true, row.max_macs()), ",",
          row.admitted(), ",", named.selection, ",",
          named.chosen ? CsvField(named.choice.subnet()) : "", ",",
          CsvNumber(named.chosen && named.choice.has_target_accuracy(),
                    named.choice.target_accuracy()),
          "\n");
    }
  }
  if (report.budgets_size() == 0) return csv;
  const TaskScores& scores = report.task_scores();
  return absl::StrCat(
      csv,
      ScoreLine("label_free", scores.has_label_free(), scores.label_free()),
      ScoreLine("source", scores.has_source(), scores.source()),
      ScoreLine("oracle", scores.has_oracle(), scores.oracle()));
}

}  // namespace rtfq
