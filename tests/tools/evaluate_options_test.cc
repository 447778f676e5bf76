#include "rtfq/tools/evaluate_options.h"

#include <functional>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

TEST(EvaluateOptions, NamesTheFlagThatIsWrong) {
  EXPECT_THAT(CheckEvaluateOptions({}), IsOk());
  using Change = std::function<void(EvaluateOptions&)>;
  const std::pair<const char*, Change> cases[] = {
      {"--batches=0", [](auto& o) { o.calibration_batches = 0; }},
      {"--batches=100001", [](auto& o) { o.calibration_batches = 100001; }},
      {"--batch_size=0", [](auto& o) { o.batch_size = 0; }},
      {"--batch_size=4097", [](auto& o) { o.batch_size = 4097; }},
      {"--source_images=0", [](auto& o) { o.source_images = 0; }},
      {"--selection=best", [](auto& o) {
         o.selection = {"oracle", "best"};
       }}};
  for (const auto& [message, change] : cases) {
    EvaluateOptions options;
    change(options);
    EXPECT_THAT(
        CheckEvaluateOptions(options),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  }
}

TEST(EvaluateOptions, OnlyWhatIsWantedIsKept) {
  EvaluationReport report;
  report.mutable_task_scores()->set_label_free(0.5);
  report.mutable_task_scores()->set_source(0.25);
  report.mutable_task_scores()->set_oracle(0.75);
  BudgetRow& row = *report.add_budgets();
  row.mutable_label_free()->set_subnet("a");
  row.mutable_source()->set_subnet("b");
  row.mutable_oracle()->set_subnet("c");
  KeepSelections({}, report);
  EXPECT_TRUE(report.task_scores().has_label_free());
  EXPECT_TRUE(report.task_scores().has_source());
  EXPECT_TRUE(report.budgets(0).has_oracle());

  EvaluateOptions options;
  options.selection = {"label_free", "oracle"};
  EXPECT_TRUE(Wants(options, "oracle"));
  EXPECT_FALSE(Wants(options, "source"));
  KeepSelections(options, report);
  EXPECT_TRUE(report.task_scores().has_label_free());
  EXPECT_FALSE(report.task_scores().has_source());
  EXPECT_TRUE(report.task_scores().has_oracle());
  EXPECT_EQ(report.budgets(0).label_free().subnet(), "a");
  EXPECT_FALSE(report.budgets(0).has_source());
  EXPECT_EQ(report.budgets(0).oracle().subnet(), "c");
}

}  // namespace
}  // namespace rtfq
