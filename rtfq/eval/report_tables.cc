#include "rtfq/eval/report_tables.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/eval/html.h"
#include "rtfq/eval/number_format.h"

namespace rtfq {
namespace {

constexpr char kUnknown[] = "<span class=\"unknown\">\xE2\x80\x93</span>";
constexpr size_t kMaxClasses = 48;
constexpr size_t kMaxMistakes = 10;

std::string Cell(const std::string& html, const char* css_class = "num") {
  return absl::StrCat("<td class=\"", css_class, "\">", html, "</td>");
}

std::string Percent(bool known, double fraction) {
  return known ? FormatPercent(fraction) : kUnknown;
}

std::string ChoiceCells(bool chosen, const SelectedSubnet& choice,
                        bool oracle) {
  const std::string name = chosen ? EscapeHtml(choice.subnet()) : kUnknown;
  return absl::StrCat(Cell(name, oracle ? "name oracle" : "name"),
                      Cell(Percent(chosen && choice.has_target_accuracy(),
                                   choice.target_accuracy()),
                           oracle ? "num oracle" : "num"));
}

// From the source-only accuracy (pale) to the adapted one; 0..100 % wide.
std::string AccuracyBar(const SubnetRow& row) {
  const double before =
      row.has_source_only_target_accuracy()
          ? std::clamp(row.source_only_target_accuracy(), 0.0, 1.0)
          : 0.0;
  const double after = std::clamp(row.target_accuracy(), 0.0, 1.0);
  const double low = std::min(before, after);
  return absl::StrFormat(
      "<span class=\"bar\"><i class=\"base\" style=\"width:%.1f%%\"></i>"
      "<i class=\"%s\" style=\"width:%.1f%%\"></i></span>",
      100 * low, after >= before ? "gain" : "loss",
      100 * (std::max(before, after) - low));
}

std::string AccuracyCells(const SubnetRow& row) {
  std::string html = Cell(Percent(row.has_source_only_target_accuracy(),
                                  row.source_only_target_accuracy()));
  absl::StrAppend(&html, Cell(absl::StrCat("<b>",
                                           Percent(row.has_target_accuracy(),
                                                   row.target_accuracy()),
                                           "</b>")));
  html += Cell(row.has_target_interval()
                   ? absl::StrCat(FormatPercent(row.target_interval().low()),
                                  "\xE2\x80\x93",
                                  FormatPercent(row.target_interval().high()))
                   : kUnknown,
               "num pale");
  html += Cell(row.has_target_accuracy() ? AccuracyBar(row) : "", "barcell");
  return html;
}

struct ClassCount {
  size_t index;
  int64_t images;
  int64_t correct;
};

size_t NumClasses(const EvaluationReport& report,
                  const ConfusionMatrix& matrix) {
  const size_t classes = static_cast<size_t>(report.class_names_size());
  const size_t cells = static_cast<size_t>(matrix.counts_size());
  return cells == classes * classes ? classes : 0;
}

std::string ClassName(const EvaluationReport& report, size_t index) {
  return EscapeHtml(report.class_names(static_cast<int>(index)));
}

std::string Row(const char* name, const std::string& value) {
  if (value.empty()) return "";
  return absl::StrCat("<tr><th>", name, "</th><td>", EscapeHtml(value),
                      "</td></tr>");
}

std::string Domain(const std::string& name, bool known, int64_t images) {
  if (!known) return name;
  return absl::StrCat(name, name.empty() ? "" : ", ", images, " images");
}

}  // namespace

std::string BudgetTableHtml(const EvaluationReport& report) {
  std::string html =
      "<table class=\"budgets\"><thead><tr><th rowspan=\"2\">MACs up to</th>"
      "<th rowspan=\"2\" class=\"num\">the paper's count</th>"
      "<th rowspan=\"2\" class=\"num\">subnets</th>"
      "<th colspan=\"2\">label-free</th><th colspan=\"2\">source</th>"
      "<th colspan=\"2\" class=\"oracle\">oracle, peeks at "
      "labels</th></tr><tr>";
  for (const char* oracle : {"", "", " oracle"}) {
    absl::StrAppend(&html, "<th class=\"name", oracle,
                    "\">subnet</th><th class=\"num", oracle,
                    "\">target %</th>");
  }
  html += "</tr></thead><tbody>";
  for (const BudgetRow& row : report.budgets()) {
    absl::StrAppend(&html, "<tr>", Cell(FormatSi(row.max_macs()), "name"),
                    Cell(FormatSi(row.max_macs() / 2), "num pale"),
                    Cell(absl::StrCat(row.admitted())),
                    ChoiceCells(row.has_label_free(), row.label_free(), false),
                    ChoiceCells(row.has_source(), row.source(), false),
                    ChoiceCells(row.has_oracle(), row.oracle(), true), "</tr>");
  }
  const TaskScores& scores = report.task_scores();
  absl::StrAppend(
      &html, "</tbody><tfoot><tr><td colspan=\"3\">mean over the budgets</td>",
      "<td></td>", Cell(Percent(scores.has_label_free(), scores.label_free())),
      "<td></td>", Cell(Percent(scores.has_source(), scores.source())),
      "<td class=\"oracle\"></td>",
      Cell(Percent(scores.has_oracle(), scores.oracle()), "num oracle"));
  return html + "</tr></tfoot></table>";
}

std::string SubnetTableHtml(const EvaluationReport& report) {
  std::string html =
      "<table class=\"subnets\"><thead><tr><th>subnet</th>"
      "<th class=\"num\">MACs</th><th class=\"num\">paper's MACs</th>"
      "<th class=\"num\">BitOPs</th><th class=\"num\">bytes</th>"
      "<th class=\"num\">ms</th><th class=\"num\">source %</th>"
      "<th class=\"num\">label-free score</th>"
      "<th class=\"num\">source-only %</th><th class=\"num\">adapted %</th>"
      "<th class=\"num\">95 % interval</th><th>target accuracy</th>"
      "</tr></thead><tbody>";
  int bits = 0;
  for (const SubnetRow& row : report.subnets()) {
    // A rule between groups of one resolution and width.
    const bool group = row.bits() >= bits && bits != 0;
    bits = row.bits();
    absl::StrAppend(
        &html, group ? "<tr class=\"group\">" : "<tr>",
        Cell(EscapeHtml(row.subnet()), "name"),
        Cell(FormatSi(static_cast<double>(row.macs()))),
        Cell(FormatSi(static_cast<double>(row.paper_macs())), "num pale"),
        Cell(FormatSi(static_cast<double>(row.bit_ops()))),
        Cell(FormatBytes(row.weight_bytes())),
        Cell(row.has_latency_ms() ? absl::StrFormat("%.2f", row.latency_ms())
                                  : kUnknown),
        Cell(Percent(row.has_source_accuracy(), row.source_accuracy())),
        Cell(row.has_im_score() ? absl::StrFormat("%.3f", row.im_score())
                                : kUnknown),
        AccuracyCells(row), "</tr>");
  }
  return html + "</tbody></table>";
}

std::string ClassTableHtml(const EvaluationReport& report,
                           const ConfusionMatrix& matrix) {
  const size_t classes = NumClasses(report, matrix);
  std::vector<ClassCount> counts;
  for (size_t k = 0; k < classes; ++k) {
    int64_t images = 0;
    for (size_t j = 0; j < classes; ++j) {
      images += matrix.counts(static_cast<int>(k * classes + j));
    }
    if (images > 0) {
      counts.push_back(
          {k, images, matrix.counts(static_cast<int>(k * classes + k))});
    }
  }
  const auto accuracy = [](const ClassCount& count) {
    return static_cast<double>(count.correct) /
           static_cast<double>(count.images);
  };
  std::stable_sort(counts.begin(), counts.end(),
                   [&](const ClassCount& a, const ClassCount& b) {
                     return accuracy(a) < accuracy(b);
                   });
  std::string html = "<div class=\"classes\">";
  for (size_t i = 0; i < std::min(counts.size(), kMaxClasses); ++i) {
    absl::StrAppendFormat(
        &html,
        "<div><span class=\"label\">%s</span><span class=\"bar\"><i "
        "class=\"gain\" style=\"width:%.1f%%\"></i></span><span "
        "class=\"num\">%s</span><span class=\"pale\">%d/%d</span></div>",
        ClassName(report, counts[i].index), 100 * accuracy(counts[i]),
        FormatPercent(accuracy(counts[i])), counts[i].correct,
        counts[i].images);
  }
  html += "</div>";
  if (counts.size() > kMaxClasses) {
    absl::StrAppend(&html, "<p class=\"note\">The ", kMaxClasses, " worst of ",
                    counts.size(), " classes.</p>");
  }
  return html;
}

std::string MistakeTableHtml(const EvaluationReport& report,
                             const ConfusionMatrix& matrix) {
  const size_t classes = NumClasses(report, matrix);
  struct Mistake {
    int64_t count;
    size_t truth, prediction;
  };
  std::vector<Mistake> mistakes;
  for (size_t k = 0; k < classes; ++k) {
    for (size_t j = 0; j < classes; ++j) {
      const int64_t count = matrix.counts(static_cast<int>(k * classes + j));
      if (k != j && count > 0) mistakes.push_back({count, k, j});
    }
  }
  if (mistakes.empty()) return "";
  std::stable_sort(
      mistakes.begin(), mistakes.end(),
      [](const Mistake& a, const Mistake& b) { return a.count > b.count; });
  std::string html =
      "<table><thead><tr><th>truth</th><th>taken for</th>"
      "<th class=\"num\">images</th></tr></thead><tbody>";
  for (size_t i = 0; i < std::min(mistakes.size(), kMaxMistakes); ++i) {
    absl::StrAppend(&html, "<tr>",
                    Cell(ClassName(report, mistakes[i].truth), "name"),
                    Cell(ClassName(report, mistakes[i].prediction), "name"),
                    Cell(absl::StrCat(mistakes[i].count)), "</tr>");
  }
  return html + "</tbody></table>";
}

std::string FactTableHtml(const EvaluationReport& report) {
  const RunFacts& facts = report.facts();
  const auto number = [](bool known, int64_t value) {
    return known ? absl::StrCat(value) : "";
  };
  return absl::StrCat(
      "<table class=\"facts\"><tbody>", Row("network", facts.network()),
      Row("source", Domain(facts.source_name(), facts.has_source_images(),
                           facts.source_images())),
      Row("target", Domain(facts.target_name(), facts.has_target_images(),
                           facts.target_images())),
      Row("target images with a label",
          number(facts.has_target_labelled(), facts.target_labelled())),
      Row("steps", number(facts.has_steps(), facts.steps())),
      Row("images of each domain a step",
          number(facts.has_images_per_domain(), facts.images_per_domain())),
      Row("seed", number(facts.has_seed(), facts.seed())),
      Row("training took", facts.has_train_seconds()
                               ? FormatSeconds(facts.train_seconds())
                               : ""),
      Row("data manifest (sha256)", facts.manifest_sha256()),
      Row("processor", facts.cpu()), Row("commit", facts.commit()),
      Row("command", facts.command()), "</tbody></table>");
}

}  // namespace rtfq
