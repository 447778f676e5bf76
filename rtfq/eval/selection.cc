#include "rtfq/eval/selection.h"

#include <cmath>

#include "rtfq/core/check.h"

namespace rtfq {
namespace {

const std::optional<double>& CriterionOf(const Candidate& candidate,
                                         Selection selection) {
  switch (selection) {
    case Selection::kLabelFree:
      return candidate.im_score;
    case Selection::kSource:
      return candidate.source_accuracy;
    case Selection::kOracle:
      return candidate.target_accuracy;
  }
  RTFQ_CHECK(false);
}

}  // namespace

const char* NameOf(Selection selection) {
  switch (selection) {
    case Selection::kLabelFree:
      return "label_free";
    case Selection::kSource:
      return "source";
    case Selection::kOracle:
      return "oracle";
  }
  RTFQ_CHECK(false);
}

std::vector<Choice> Select(std::span<const Candidate> candidates,
                           std::span<const Budget> budgets,
                           Selection selection) {
  std::vector<Choice> choices;
  for (const Budget& budget : budgets) {
    Choice choice;
    double best = 0;
    for (const int i : budget.admitted) {
      RTFQ_CHECK(i >= 0 && i < static_cast<int>(candidates.size()));
      const std::optional<double>& value =
          CriterionOf(candidates[i], selection);
      if (!value.has_value() || std::isnan(*value)) continue;
      if (choice.subnet < 0 || *value > best ||
          (*value == best &&
           candidates[i].bit_ops < candidates[choice.subnet].bit_ops)) {
        choice = {i, candidates[i].target_accuracy};
        best = *value;
      }
    }
    choices.push_back(choice);
  }
  return choices;
}

std::optional<double> TaskScore(std::span<const Choice> choices) {
  double sum = 0;
  for (const Choice& choice : choices) {
    if (!choice.target_accuracy.has_value()) return std::nullopt;
    sum += *choice.target_accuracy;
  }
  if (choices.empty()) return std::nullopt;
  return sum / static_cast<double>(choices.size());
}

}  // namespace rtfq
