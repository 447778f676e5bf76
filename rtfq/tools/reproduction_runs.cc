#include "rtfq/tools/reproduction_runs.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/experiment.h"
#include "rtfq/tools/recipes.h"

namespace rtfq {
namespace {

struct Job {
  std::string row;
  TrainFlags flags;
  std::string test;
};

Job MakeJob(const TrainFlags& shared, const BenchmarkTask& task,
            const Variant& variant, uint64_t seed) {
  const bool plain = variant.name.empty();
  Job job = {absl::StrCat(task.name, plain ? "" : " ", variant.name), shared,
             task.test};
  TrainFlags& flags = job.flags;
  flags.source = task.source;
  flags.target = task.target;
  flags.run = absl::StrCat(shared.run, "/", task.name, "-seed", seed,
                           plain ? "" : "-", variant.name);
  flags.set.insert(flags.set.end(), variant.overrides.begin(),
                   variant.overrides.end());
  flags.set.push_back(absl::StrCat("seed=", seed));
  return job;
}

}  // namespace

absl::StatusOr<std::vector<Outcome>> RunReproduction(
    const Benchmark& benchmark, const ReproductionChoice& choice,
    const TrainFlags& flags, const std::vector<std::string>& command,
    const std::function<bool()>& should_stop, Progress& progress) {
  RTFQ_ASSIGN_OR_RETURN(const auto tasks, FindTasks(benchmark, choice.tasks));
  RTFQ_ASSIGN_OR_RETURN(const auto seeds, ParseSeeds(choice.seeds));
  RTFQ_ASSIGN_OR_RETURN(const auto variants, FindVariants(choice.ablation));
  RTFQ_ASSIGN_OR_RETURN(
      const TrainConfig recipe,
      Recipe(choice.recipe.empty() ? benchmark.recipe : choice.recipe));
  if (flags.run.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--run is missing, as in --run=runs/", benchmark.name));
  }
  std::vector<Job> jobs;
  for (const BenchmarkTask& task : tasks) {
    for (const Variant& variant : variants) {
      for (const uint64_t seed : seeds) {
        jobs.push_back(MakeJob(flags, task, variant, seed));
      }
    }
  }
  std::vector<Outcome> outcomes;
  for (const Job& job : jobs) {
    progress.Say(absl::StrCat("== ", job.row, ": ", job.flags.run));
    RTFQ_ASSIGN_OR_RETURN(const NewRun run,
                          NewRunFrom(job.flags, recipe, command));
    EvaluateOptions evaluate;
    evaluate.test = job.test;
    evaluate.command = command;
    RTFQ_ASSIGN_OR_RETURN(Comparison result,
                          RunComparison(run, evaluate, should_stop, progress));
    outcomes.push_back({job.row, std::move(result.adapted)});
  }
  return outcomes;
}

}  // namespace rtfq
