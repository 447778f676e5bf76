// The subnet for a budget; see kUsage.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/serve/subnet_choice.h"
#include "rtfq/tools/budget_flags.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/paths.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Names the best subnet of a bundle within a budget: of those that fit, the one
with the highest score. The default score needs no labels; --by=oracle peeks at
the target's and is for studies.

  bazel run //:select -- a2w.rtfq --profile=edge.textproto --latency-p95=20ms
  bazel run //:select -- a2w.rtfq --macs=1.5G --explain
)";

void Print(const char* what, const Candidate& candidate) {
  std::printf("%-10s %-14s cost %.6g, score %.6g\n", what,
              candidate.subnet.c_str(), candidate.cost, candidate.score);
}

void Explain(const Budgeted& budgeted) {
  std::printf("cost: %s, at most %.6g; score: %s\n", NameOf(budgeted.cost),
              budgeted.limit, NameOf(budgeted.criterion));
  Print("winner", budgeted.choice.winner);
  if (budgeted.choice.runner_up) Print("runner-up", *budgeted.choice.runner_up);
  std::printf("the front: more score costs more\n");
  for (const Candidate& candidate : ParetoFront(budgeted.candidates)) {
    Print(candidate.cost <= budgeted.limit ? "  fits" : "  too much",
          candidate);
  }
}

absl::Status Main(int argc, char** argv) {
  BudgetFlags budget;
  bool explain = false;
  Flags flags(kUsage);
  budget.AddTo(flags);
  flags.Add("explain", &explain, "also runner-up and Pareto front");
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                        flags.Parse(argc, argv, /*most_positional=*/1));
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  if (words.empty()) {
    return absl::InvalidArgumentError(
        "which bundle? select a2w.rtfq --macs=1.5G");
  }
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<Bundle> bundle,
                        Bundle::Open(UserPath(words[0])));
  RTFQ_ASSIGN_OR_RETURN(const Budgeted budgeted, ChooseWithin(budget, *bundle));
  if (explain) {
    Explain(budgeted);
  } else {
    std::printf("%s\n", budgeted.choice.winner.subnet.c_str());
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv);
}
