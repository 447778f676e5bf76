#include "rtfq/tools/reproduction.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/tools/recipes.h"
#include "rtfq/train/text_config.h"
#include "rtfq/train/train_config.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

EvaluationReport Report(double source_only, double adapted, double oracle) {
  EvaluationReport report;
  SubnetRow& largest = *report.add_subnets();
  largest.set_source_only_target_accuracy(source_only);
  largest.set_target_accuracy(adapted);
  report.mutable_task_scores()->set_oracle(oracle);
  return report;
}

TEST(FindBenchmark, EachHasARecipeAndTasks) {
  for (const char* name : {"office31", "digits"}) {
    const auto benchmark = FindBenchmark(name);
    ASSERT_THAT(benchmark, IsOk());
    EXPECT_THAT(Recipe(benchmark->recipe), IsOk());
    EXPECT_FALSE(benchmark->tasks.empty());
  }
  EXPECT_EQ(FindBenchmark("office31")->tasks.size(), 6u);
  EXPECT_THAT(FindBenchmark("imagenet"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("office31, digits")));
}

TEST(FindTasks, ReadsNames) {
  const Benchmark office = *FindBenchmark("office31");
  const auto tasks = FindTasks(office, "w2d,a2w");
  ASSERT_THAT(tasks, IsOk());
  ASSERT_EQ(tasks->size(), 2u);
  EXPECT_EQ((*tasks)[0].source, "webcam");
  EXPECT_EQ((*tasks)[0].target, "dslr");
  EXPECT_EQ(FindTasks(office, "all")->size(), 6u);
  EXPECT_THAT(FindTasks(office, "a2x"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a2w")));
}

TEST(ParseSeeds, ReadsNumbers) {
  EXPECT_THAT(*ParseSeeds("1,2,30"), ElementsAre(1, 2, 30));
  for (const char* wrong : {"", "1,", "-1", "1,x", "1,1"})
    EXPECT_FALSE(ParseSeeds(wrong).ok()) << wrong;
}

TEST(FindVariants, AreConfigs) {
  for (const char* ablation : {"", "sampling", "bits"}) {
    const auto variants = FindVariants(ablation);
    ASSERT_THAT(variants, IsOk());
    for (const Variant& variant : *variants) {
      TrainConfig config;
      for (const std::string& text : variant.overrides)
        EXPECT_THAT(ApplyOverride(text, config), IsOk());
      EXPECT_THAT(ValidateTrainConfig(config), IsOk()) << variant.name;
    }
  }
  EXPECT_FALSE(FindVariants("depths").ok());
}

TEST(ReproductionTable, HasMeansDeviationsAndReportedNumbers) {
  const std::string table = ReproductionTable(
      *FindBenchmark("office31"), {{"a2w", Report(0.70, 0.80, 0.85)},
                                   {"a2w", Report(0.72, 0.84, 0.87)},
                                   {"w2d", Report(0.99, 1.00, 1.00)}});
  // Deviation of 80 and 84 with n - 1: sqrt(2 * 2^2 / 1) = 2.83.
  EXPECT_THAT(table, HasSubstr("82.0 +-2.8"));
  EXPECT_THAT(table, HasSubstr("71.0 +-1.4"));
  EXPECT_THAT(table, HasSubstr("99.0"));
  EXPECT_THAT(table, HasSubstr("-"));
  EXPECT_THAT(table, HasSubstr("mean"));
  // Of the three: (80 + 84 + 100) / 3.
  EXPECT_THAT(table, HasSubstr("88.0"));
  EXPECT_THAT(table, HasSubstr("RTF-F 84.4"));
}

}  // namespace
}  // namespace rtfq
