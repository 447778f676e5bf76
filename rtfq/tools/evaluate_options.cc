#include "rtfq/tools/evaluate_options.h"

#include "absl/strings/str_cat.h"

namespace rtfq {

absl::Status CheckEvaluateOptions(const EvaluateOptions& options) {
  if (options.calibration_batches < 1 || options.calibration_batches > 100000)
    return absl::InvalidArgumentError(
        absl::StrCat("--batches=", options.calibration_batches,
                     "; it must be between 1 and 100000"));
  if (options.batch_size < 1 || options.batch_size > 4096)
    return absl::InvalidArgumentError(
        absl::StrCat("--batch_size=", options.batch_size,
                     "; it must be between 1 and 4096"));
  if (options.source_images < 1)
    return absl::InvalidArgumentError(absl::StrCat(
        "--source_images=", options.source_images, "; it must be at least 1"));
  for (const std::string& selection : options.selection) {
    if (selection != "all" && selection != "label_free" &&
        selection != "source" && selection != "oracle")
      return absl::InvalidArgumentError(
          absl::StrCat("--selection=", selection,
                       "; it takes all, or some of label_free,source,oracle"));
  }
  return absl::OkStatus();
}

bool Wants(const EvaluateOptions& options, const std::string& selection) {
  for (const std::string& wanted : options.selection) {
    if (wanted == "all" || wanted == selection) return true;
  }
  return false;
}

void KeepSelections(const EvaluateOptions& options, EvaluationReport& report) {
  const bool label_free = Wants(options, "label_free");
  const bool source = Wants(options, "source");
  const bool oracle = Wants(options, "oracle");
  TaskScores& scores = *report.mutable_task_scores();
  if (!label_free) scores.clear_label_free();
  if (!source) scores.clear_source();
  if (!oracle) scores.clear_oracle();
  for (BudgetRow& row : *report.mutable_budgets()) {
    if (!label_free) row.clear_label_free();
    if (!source) row.clear_source();
    if (!oracle) row.clear_oracle();
  }
}

}  // namespace rtfq
