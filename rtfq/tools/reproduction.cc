#include "rtfq/tools/reproduction.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace rtfq {
namespace {

// Paper, Table I; [T], the benchmark table of Transfer-Learning-Library.
constexpr char kOffice31Reported[] =
    "Reported, mean over the six tasks: over eight budgets (the paper's "
    "oracle) "
    "AnyDA 85.1, RTF-F 84.4;\nResNet-50 at 224, full precision "
    "(Transfer-Learning-Library): source-only 79.5, DANN 86.1, CDAN 87.7, MCC "
    "89.6, MDD 89.6.\n";

const std::vector<Benchmark>& Benchmarks() {
  static const auto* const benchmarks =
      new std::vector<Benchmark>{{"office31",
                                  "office31_resnet50",
                                  {{"a2w", "amazon", "webcam", ""},
                                   {"d2w", "dslr", "webcam", ""},
                                   {"w2d", "webcam", "dslr", ""},
                                   {"a2d", "amazon", "dslr", ""},
                                   {"d2a", "dslr", "amazon", ""},
                                   {"w2a", "webcam", "amazon", ""}},
                                  kOffice31Reported},
                                 {"digits",
                                  "digits",
                                  {{"m2u", "mnist", "usps", "usps_test"}},
                                  "The paper has no digits.\n"}};
  return *benchmarks;
}

using Column = std::function<std::optional<double>(const EvaluationReport&)>;

std::vector<Column> Columns() {
  return {[](const EvaluationReport& r) -> std::optional<double> {
            if (!r.subnets(0).has_source_only_target_accuracy()) return {};
            return r.subnets(0).source_only_target_accuracy();
          },
          [](const EvaluationReport& r) -> std::optional<double> {
            if (!r.subnets(0).has_target_accuracy()) return {};
            return r.subnets(0).target_accuracy();
          },
          [](const EvaluationReport& r) -> std::optional<double> {
            if (!r.task_scores().has_label_free()) return {};
            return r.task_scores().label_free();
          },
          [](const EvaluationReport& r) -> std::optional<double> {
            if (!r.task_scores().has_source()) return {};
            return r.task_scores().source();
          },
          [](const EvaluationReport& r) -> std::optional<double> {
            if (!r.task_scores().has_oracle()) return {};
            return r.task_scores().oracle();
          }};
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// "84.31", with "+-0.52" from two values on; "-" where one is unknown.
std::string Cell(const std::vector<std::optional<double>>& values) {
  std::vector<double> known;
  for (const std::optional<double>& value : values) {
    if (!value.has_value()) return "-";
    known.push_back(100 * *value);
  }
  if (known.empty()) return "-";
  const double mean = Mean(known);
  if (known.size() == 1) return absl::StrFormat("%.1f", mean);
  double squares = 0;
  for (const double value : known) squares += (value - mean) * (value - mean);
  return absl::StrFormat(
      "%.1f +-%.1f", mean,
      std::sqrt(squares / static_cast<double>(known.size() - 1)));
}

std::string Line(const std::string& name, size_t seeds,
                 const std::vector<std::string>& cells) {
  std::string line =
      absl::StrFormat("%-18s %5s", name, seeds > 0 ? absl::StrCat(seeds) : "");
  for (const std::string& cell : cells)
    absl::StrAppendFormat(&line, "  %12s", cell);
  return line + "\n";
}

}  // namespace

absl::StatusOr<Benchmark> FindBenchmark(const std::string& name) {
  std::vector<std::string> names;
  for (const Benchmark& benchmark : Benchmarks()) {
    if (benchmark.name == name) return benchmark;
    names.push_back(benchmark.name);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no benchmark '", name, "'; there are: ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<std::vector<BenchmarkTask>> FindTasks(const Benchmark& benchmark,
                                                     const std::string& names) {
  if (names == "all") return benchmark.tasks;
  std::vector<BenchmarkTask> tasks;
  for (const std::string& name :
       std::vector<std::string>(absl::StrSplit(names, ','))) {
    const auto found = std::find_if(
        benchmark.tasks.begin(), benchmark.tasks.end(),
        [&](const BenchmarkTask& task) { return task.name == name; });
    if (found == benchmark.tasks.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--tasks: no task '", name, "'; ", benchmark.name, " has all, ",
          absl::StrJoin(benchmark.tasks, ", ",
                        [](std::string* out, const BenchmarkTask& task) {
                          *out += task.name;
                        })));
    }
    tasks.push_back(*found);
  }
  return tasks;
}

absl::StatusOr<std::vector<uint64_t>> ParseSeeds(const std::string& text) {
  std::vector<uint64_t> seeds;
  for (const std::string& part :
       std::vector<std::string>(absl::StrSplit(text, ','))) {
    uint64_t seed = 0;
    if (!absl::SimpleAtoi(part, &seed)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--seeds=", text, ": '", part, "' is not an integer of at least 0"));
    }
    if (std::find(seeds.begin(), seeds.end(), seed) != seeds.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--seeds=", text, ": ", seed, " is given twice"));
    }
    seeds.push_back(seed);
  }
  return seeds;
}

absl::StatusOr<std::vector<Variant>> FindVariants(const std::string& ablation) {
  if (ablation.empty()) return std::vector<Variant>{{"", {}}};
  if (ablation == "sampling") {
    return std::vector<Variant>{
        {"sandwich_q", {"adaptation.sampling=SANDWICH_Q"}},
        {"sandwich", {"adaptation.sampling=SANDWICH"}},
        {"max_k_min", {"adaptation.sampling=MAX_K_MIN"}}};
  }
  if (ablation == "bits") {
    return std::vector<Variant>{{"joint", {"search_space.bit_widths=[8,6,4]"}},
                                {"bits8", {"search_space.bit_widths=[8]"}},
                                {"bits6", {"search_space.bit_widths=[6]"}},
                                {"bits4", {"search_space.bit_widths=[4]"}},
                                {"float", {"search_space.bit_widths=[32]"}}};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--ablation=", ablation, "; it takes sampling or bits"));
}

std::string ReproductionTable(const Benchmark& benchmark,
                              const std::vector<Outcome>& outcomes) {
  std::string table =
      Line("", 0,
           {"source-only", "adapted", "label-free", "source", "oracle"}) +
      Line(benchmark.name, 0,
           {"largest", "largest", "8 budgets", "8 budgets", "8 budgets"});
  std::vector<std::string> rows;
  for (const Outcome& outcome : outcomes) {
    if (std::find(rows.begin(), rows.end(), outcome.row) == rows.end())
      rows.push_back(outcome.row);
  }
  const std::vector<Column> columns = Columns();
  std::vector<std::vector<std::optional<double>>> all(columns.size());
  for (const std::string& row : rows) {
    std::vector<std::string> cells;
    size_t seeds = 0;
    for (size_t c = 0; c < columns.size(); ++c) {
      std::vector<std::optional<double>> values;
      for (const Outcome& outcome : outcomes) {
        if (outcome.row == row) values.push_back(columns[c](outcome.report));
      }
      seeds = values.size();
      cells.push_back(Cell(values));
      all[c].insert(all[c].end(), values.begin(), values.end());
    }
    table += Line(row, seeds, cells);
  }
  if (rows.size() > 1) {
    std::vector<std::string> cells;
    for (const auto& values : all) {
      // Rows differ by more than chance: their deviation would say nothing.
      const std::string cell = Cell(values);
      cells.push_back(cell.substr(0, cell.find(' ')));
    }
    table += Line("mean", 0, cells);
  }
  return table + benchmark.reported +
         "The oracle peeks at the target labels: an upper bound, not a "
         "method.\n";
}

}  // namespace rtfq
