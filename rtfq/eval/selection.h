// Which admitted subnet is used: three ways to choose, never mixed.
#ifndef RTFQ_EVAL_SELECTION_H_
#define RTFQ_EVAL_SELECTION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rtfq/eval/budget.h"

namespace rtfq {

enum class Selection {
  // Highest information-maximisation score on the target images; needs no
  // label. The default (ours: the paper does not say how to choose without
  // labels).
  kLabelFree,
  // Highest accuracy on source images, held out where some are.
  kSource,
  // Highest accuracy on the target images: peeks at the labels nobody has, so
  // an upper bound. The paper's.
  kOracle,
};

inline constexpr Selection kSelections[] = {
    Selection::kLabelFree, Selection::kSource, Selection::kOracle};

// "label_free", "source", "oracle".
const char* NameOf(Selection selection);

// What is known of one subnet; accuracies are fractions. An absent value is
// never guessed.
struct Candidate {
  int64_t bit_ops = 0;
  std::optional<double> im_score;
  std::optional<double> source_accuracy;
  std::optional<double> target_accuracy;
};

struct Choice {
  int subnet = -1;  // index into the candidates; -1: nothing to choose by
  std::optional<double> target_accuracy;  // of that subnet, if known
};

// For each budget the admitted candidate with the highest value of the
// selection's criterion. Equal values: fewer BitOPs, then the lower index.
// Candidates whose criterion is absent or NaN are passed over.
std::vector<Choice> Select(std::span<const Candidate> candidates,
                           std::span<const Budget> budgets,
                           Selection selection);

// A task's score: the mean over budgets of the choices' target accuracies;
// absent when one of them is.
std::optional<double> TaskScore(std::span<const Choice> choices);

}  // namespace rtfq

#endif  // RTFQ_EVAL_SELECTION_H_
