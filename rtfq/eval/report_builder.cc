#include "rtfq/eval/report_builder.h"

#include <algorithm>
#include <optional>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/check.h"
#include "rtfq/eval/budget.h"
#include "rtfq/eval/cost_model.h"
#include "rtfq/eval/selection.h"

namespace rtfq {
namespace {

std::vector<Candidate> CandidatesOf(const EvaluationReport& report) {
  std::vector<Candidate> candidates;
  for (const SubnetRow& row : report.subnets()) {
    Candidate& candidate = candidates.emplace_back();
    candidate.bit_ops = row.bit_ops();
    if (row.has_im_score()) candidate.im_score = row.im_score();
    if (row.has_source_accuracy()) {
      candidate.source_accuracy = row.source_accuracy();
    }
    if (row.has_target_accuracy()) {
      candidate.target_accuracy = row.target_accuracy();
    }
  }
  return candidates;
}

SelectedSubnet* MutableChoice(Selection selection, BudgetRow& row) {
  switch (selection) {
    case Selection::kLabelFree:
      return row.mutable_label_free();
    case Selection::kSource:
      return row.mutable_source();
    case Selection::kOracle:
      return row.mutable_oracle();
  }
  RTFQ_CHECK(false);
}

void SetScore(Selection selection, double score, TaskScores& scores) {
  switch (selection) {
    case Selection::kLabelFree:
      return scores.set_label_free(score);
    case Selection::kSource:
      return scores.set_source(score);
    case Selection::kOracle:
      return scores.set_oracle(score);
  }
}

}  // namespace

SubnetRow* AddSubnet(const ResNetSpec& spec, const SubnetConfig& subnet,
                     EvaluationReport& report) {
  SubnetRow* row = report.add_subnets();
  row->set_subnet(subnet.ToString());
  row->set_resolution(subnet.resolution);
  row->set_width_percent(subnet.width_percent);
  row->set_bits(BitsOf(subnet.bits));
  row->set_macs(Macs(spec, subnet));
  row->set_paper_macs(PaperMacs(row->macs()));
  row->set_bit_ops(BitOps(spec, subnet));
  row->set_weight_bytes(WeightBytes(spec, subnet));
  return row;
}

void SetTarget(const Metrics& metrics, SubnetRow& row) {
  if (metrics.im_score) row.set_im_score(*metrics.im_score);
  if (!metrics.accuracy) return;
  row.set_target_accuracy(*metrics.accuracy);
  row.mutable_target_interval()->set_low(metrics.interval->low);
  row.mutable_target_interval()->set_high(metrics.interval->high);
  row.set_target_mean_per_class(*metrics.mean_per_class);
}

void SetSource(const Metrics& metrics, SubnetRow& row) {
  if (metrics.accuracy) row.set_source_accuracy(*metrics.accuracy);
}

void SetSourceOnly(const Metrics& target_metrics, SubnetRow& row) {
  if (target_metrics.accuracy) {
    row.set_source_only_target_accuracy(*target_metrics.accuracy);
  }
}

void FillSelections(EvaluationReport& report) {
  std::vector<int64_t> macs;
  for (const SubnetRow& row : report.subnets()) macs.push_back(row.macs());
  const std::vector<Budget> budgets = MakeBudgets(macs);
  const std::vector<Candidate> candidates = CandidatesOf(report);

  report.clear_budgets();
  report.clear_task_scores();
  for (const Budget& budget : budgets) {
    BudgetRow* row = report.add_budgets();
    row->set_max_macs(budget.max_macs);
    row->set_admitted(static_cast<int>(budget.admitted.size()));
  }
  for (const Selection selection : kSelections) {
    const std::vector<Choice> choices = Select(candidates, budgets, selection);
    for (size_t i = 0; i < choices.size(); ++i) {
      if (choices[i].subnet < 0) continue;
      SelectedSubnet* chosen = MutableChoice(
          selection, *report.mutable_budgets(static_cast<int>(i)));
      chosen->set_subnet(report.subnets(choices[i].subnet).subnet());
      if (choices[i].target_accuracy) {
        chosen->set_target_accuracy(*choices[i].target_accuracy);
      }
    }
    if (const std::optional<double> score = TaskScore(choices)) {
      SetScore(selection, *score, *report.mutable_task_scores());
    }
  }
}

std::vector<std::string> ChosenSubnets(const EvaluationReport& report) {
  std::vector<std::string> names;
  const auto add = [&names](bool chosen, const SelectedSubnet& subnet) {
    if (chosen &&
        std::find(names.begin(), names.end(), subnet.subnet()) == names.end()) {
      names.push_back(subnet.subnet());
    }
  };
  for (int i = report.budgets_size() - 1; i >= 0; --i) {
    add(report.budgets(i).has_label_free(), report.budgets(i).label_free());
  }
  for (int i = report.budgets_size() - 1; i >= 0; --i) {
    add(report.budgets(i).has_source(), report.budgets(i).source());
    add(report.budgets(i).has_oracle(), report.budgets(i).oracle());
  }
  return names;
}

void AddConfusionMatrix(const std::string& subnet, const Metrics& metrics,
                        EvaluationReport& report) {
  if (metrics.labelled == 0 || metrics.confusion.empty()) return;
  ConfusionMatrix* matrix = report.add_confusion_matrices();
  matrix->set_subnet(subnet);
  matrix->mutable_counts()->Add(metrics.confusion.begin(),
                                metrics.confusion.end());
}

void AddLoss(const std::string& name, int64_t step, double value,
             EvaluationReport& report) {
  LossCurve* curve = nullptr;
  for (LossCurve& candidate : *report.mutable_loss_curves()) {
    if (candidate.name() == name) curve = &candidate;
  }
  if (curve == nullptr) {
    curve = report.add_loss_curves();
    curve->set_name(name);
  }
  curve->add_steps(step);
  curve->add_values(value);
}

const SubnetRow* FindSubnet(const EvaluationReport& report,
                            const std::string& subnet) {
  for (const SubnetRow& row : report.subnets()) {
    if (row.subnet() == subnet) return &row;
  }
  return nullptr;
}

}  // namespace rtfq
