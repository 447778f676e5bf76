#include "rtfq/eval/report.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/eval/sample_report.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  EXPECT_EQ(lines.back(), "") << "no newline at the end";
  lines.pop_back();
  return lines;
}

TEST(ReportTest, TextIsTheDemosTable) {
  const std::string text = ToText(test::SampleReport());
  const std::vector<std::string> lines = Lines(text);
  EXPECT_THAT(lines[0], HasSubstr("subnet"));
  EXPECT_THAT(lines[0], HasSubstr("source-only -> adapted"));
  // 1 + 8 subnets, 2 notes, an empty line, a head, 8 budgets, mean and note.
  EXPECT_EQ(lines.size(), 1u + 8 + 2 + 1 + 1 + 8 + 1 + 1);
  EXPECT_THAT(lines[1], HasSubstr("r64-w100-q8"));
  EXPECT_THAT(lines[1], HasSubstr("4.21 M"));
  EXPECT_THAT(lines[1], HasSubstr("20.00"));
  EXPECT_THAT(lines[1], HasSubstr("60.0 -> 90.0  ("));
  EXPECT_THAT(text, HasSubstr(kBitOpsNote));
  EXPECT_THAT(text, HasSubstr(kOracleNote));
}

TEST(ReportTest, UnknownValuesAreDashes) {
  const std::string text = ToText(test::UnlabelledReport());
  EXPECT_THAT(Lines(text)[1], HasSubstr("- -> -"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
  EvaluationReport bare;
  bare.add_subnets()->set_subnet("r64-w100-q8");
  EXPECT_THAT(Lines(ToText(bare))[1], HasSubstr("- -> -"));
}

TEST(ReportTest, CsvHasALineASubnetAndEqualColumns) {
  const EvaluationReport report = test::SampleReport();
  const std::vector<std::string> lines = Lines(ToCsv(report));
  ASSERT_EQ(lines.size(), 1u + 8);
  const std::vector<std::string> names = absl::StrSplit(lines[0], ',');
  for (const std::string& line : lines) {
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    EXPECT_EQ(fields.size(), names.size()) << line;
  }
  const std::vector<std::string> first = absl::StrSplit(lines[1], ',');
  EXPECT_EQ(first[0], "r64-w100-q8");
  EXPECT_EQ(first[4], std::to_string(report.subnets(0).macs()));
  EXPECT_EQ(first[5], std::to_string(report.subnets(0).macs() / 2));
  EXPECT_EQ(first[9], "0.9");
}

TEST(ReportTest, CsvNumbersReadBackExactly) {
  EvaluationReport report;
  const std::vector<double> values = {1.0 / 3, 0.1 + 0.2, 1e-300, 0.5};
  for (const double value : values) {
    report.add_subnets()->set_latency_ms(value);
  }
  const std::vector<std::string> lines = Lines(ToCsv(report));
  for (size_t i = 0; i < values.size(); ++i) {
    const std::vector<std::string> fields = absl::StrSplit(lines[i + 1], ',');
    EXPECT_EQ(std::stod(fields[8]), values[i]) << fields[8];
  }
}

TEST(ReportTest, CsvLeavesUnknownValuesEmptyAndQuotesCommas) {
  EvaluationReport report;
  report.add_subnets()->set_subnet("odd,\"name\"");
  const std::vector<std::string> lines = Lines(ToCsv(report));
  EXPECT_TRUE(lines[1].starts_with("\"odd,\"\"name\"\"\",0,0,0,")) << lines[1];
  EXPECT_TRUE(lines[1].ends_with(",,,,,,,")) << lines[1];
}

TEST(ReportTest, BudgetCsvKeepsTheSelectionsApart) {
  const EvaluationReport report = test::SampleReport();
  const std::vector<std::string> lines = Lines(BudgetsToCsv(report));
  ASSERT_EQ(lines.size(), 1u + 8 * 3 + 3);
  EXPECT_TRUE(lines[22].starts_with("8,")) << lines[22];
  EXPECT_TRUE(lines[22].ends_with(",8,label_free,r64-w100-q8,0.9"))
      << lines[22];
  EXPECT_TRUE(lines[23].ends_with(",8,source,r40-w60-q4,0.83")) << lines[23];
  EXPECT_TRUE(lines[24].ends_with(",8,oracle,r64-w100-q8,0.9")) << lines[24];
  EXPECT_TRUE(lines[27].starts_with("all,,,oracle,,0.")) << lines[27];

  const std::vector<std::string> blank =
      Lines(BudgetsToCsv(test::UnlabelledReport()));
  EXPECT_TRUE(blank[24].ends_with(",8,oracle,,")) << blank[24];
  EXPECT_EQ(blank[27], "all,,,oracle,,");
}

}  // namespace
}  // namespace rtfq
