#include "rtfq/tools/experiment.h"

#include <cstdio>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/data/synthetic_domains.h"
#include "rtfq/train/text_config.h"
#include "tests/testing/status_matchers.h"
#include "tests/tools/small_run.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

class ExperimentTest : public test::SmallRun {
 protected:
  NewRun MakeRun() const {
    NewRun run;
    run.folder = Path("run");
    EXPECT_THAT(ReadTextProto(Path("config.textproto"), run.config), IsOk());
    EXPECT_THAT(ReadTextProto(Path("machine.textproto"), run.machine), IsOk());
    run.data.mutable_source()->set_root(Path("data"));
    run.data.mutable_source()->set_name(kCleanDomain);
    run.data.mutable_target()->set_root(Path("data"));
    run.data.mutable_target()->set_name(kShiftedDomain);
    return run;
  }
  EvaluateOptions Evaluation() const {
    EvaluateOptions options;
    options.calibration_batches = 2;
    options.batch_size = 8;
    options.measure_latency = false;
    return options;
  }
  static bool Never() { return false; }

  Progress progress_{ProgressStyle::kNone, stderr, SteadyClock()};
};

TEST_F(ExperimentTest, ComparesFromOneWarmUp) {
  const auto result = RunComparison(MakeRun(), Evaluation(), Never, progress_);
  ASSERT_THAT(result, IsOk());
  ASSERT_EQ(result->adapted.subnets_size(), 2 * 2 * 2);
  for (int i = 0; i < result->adapted.subnets_size(); ++i) {
    EXPECT_EQ(result->adapted.subnets(i).source_only_target_accuracy(),
              result->source_only.subnets(i).target_accuracy());
    EXPECT_TRUE(result->adapted.subnets(i).has_source_accuracy());
  }
  EXPECT_EQ(result->adapted.budgets_size(), 8);
  EXPECT_GT(result->adapted.loss_curves_size(), 2);
  EXPECT_EQ(result->adapted.facts().steps(), kSteps);
  // The warm-up's metrics went along.
  EXPECT_EQ(Read("run/adapted/metrics.jsonl")
                .find("\"stage\":\"warm_up\",\"step\":1,"),
            1u);
}

// Taking a warm-up over gives the bits of making it again.
TEST_F(ExperimentTest, ATakenOverWarmUpIsTheSame) {
  ASSERT_THAT(RunComparison(MakeRun(), Evaluation(), Never, progress_), IsOk());
  NewRun alone = MakeRun();
  alone.folder = Path("alone");
  ASSERT_THAT(RunExperiment(alone, Evaluation(), Never, progress_), IsOk());
  EXPECT_NE(LastCheckpoint("alone"), "");
  EXPECT_EQ(LastCheckpoint("alone"), LastCheckpoint("run/adapted"));
}

TEST_F(ExperimentTest, GoesOnWhereItStopped) {
  int asked = 0;
  const auto soon = [&] { return ++asked >= 9; };
  const auto stopped = RunExperiment(MakeRun(), Evaluation(), soon, progress_);
  EXPECT_THAT(stopped, StatusIs(absl::StatusCode::kCancelled,
                                HasSubstr("goes on from there")));
  ASSERT_THAT(RunExperiment(MakeRun(), Evaluation(), Never, progress_), IsOk());
  NewRun straight = MakeRun();
  straight.folder = Path("straight");
  ASSERT_THAT(RunExperiment(straight, Evaluation(), Never, progress_), IsOk());
  EXPECT_EQ(LastCheckpoint("run"), LastCheckpoint("straight"));
  // Finished and evaluated: only read.
  EXPECT_THAT(RunExperiment(
                  MakeRun(), Evaluation(),
                  [] {
                    ADD_FAILURE();
                    return true;
                  },
                  progress_),
              IsOk());
}

TEST_F(ExperimentTest, AReportOfAPartIsNotTheResult) {
  int asked = 0;
  const auto soon = [&] { return ++asked >= 20; };
  EXPECT_THAT(RunExperiment(MakeRun(), Evaluation(), soon, progress_),
              StatusIs(absl::StatusCode::kCancelled));
  // Looked at on the way, and then at one subnet of the finished run.
  EvaluateOptions look = Evaluation();
  look.folder = Path("run");
  const auto early = EvaluateRun(look, progress_);
  ASSERT_THAT(early, IsOk());
  EXPECT_LT(early->facts().steps(), kSteps);
  const auto whole = RunExperiment(MakeRun(), Evaluation(), Never, progress_);
  ASSERT_THAT(whole, IsOk());
  EXPECT_EQ(whole->facts().steps(), kSteps);
  look.subnets = {whole->subnets(1).subnet()};
  ASSERT_THAT(EvaluateRun(look, progress_), IsOk());
  const auto again = RunExperiment(MakeRun(), Evaluation(), Never, progress_);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->subnets_size(), whole->subnets_size());
}

TEST_F(ExperimentTest, AnotherConfigNeedsAnotherFolder) {
  ASSERT_THAT(RunExperiment(MakeRun(), Evaluation(), Never, progress_), IsOk());
  NewRun other = MakeRun();
  other.config.set_seed(5);
  EXPECT_THAT(
      RunExperiment(other, Evaluation(), Never, progress_),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("seed")));
}

TEST_F(ExperimentTest, AWarmUpOfAnotherConfigIsRefused) {
  ASSERT_THAT(RunExperiment(MakeRun(), Evaluation(), Never, progress_), IsOk());
  NewRun other = MakeRun();
  other.folder = Path("other");
  other.warm_up_from = Path("run");
  other.config.set_seed(5);
  EXPECT_THAT(RunExperiment(other, Evaluation(), Never, progress_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("its config differs")));
  EXPECT_FALSE(std::filesystem::exists(Path("other")));
}

TEST_F(ExperimentTest, HeldOutImagesScoreTheSourceSelection) {
  NewRun run = MakeRun();
  run.config.mutable_data()->set_held_out_source_percent(34);
  const auto report = RunExperiment(run, Evaluation(), Never, progress_);
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->task_scores().has_source());
  EXPECT_TRUE(report->task_scores().has_label_free());
}

TEST_F(ExperimentTest, OnlyTheSelectionsAskedForAreReported) {
  EvaluateOptions options = Evaluation();
  options.selection = {"label_free", "oracle"};
  const auto report = RunExperiment(MakeRun(), options, Never, progress_);
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->task_scores().has_label_free());
  EXPECT_TRUE(report->task_scores().has_oracle());
  EXPECT_FALSE(report->task_scores().has_source());
  EXPECT_FALSE(report->subnets(0).has_source_accuracy());
}

TEST_F(ExperimentTest, AFewSourceImagesScoreTheSourceSelection) {
  EvaluateOptions options = Evaluation();
  options.source_images = 1;
  const auto report = RunExperiment(MakeRun(), options, Never, progress_);
  ASSERT_THAT(report, IsOk());
  // Of one image, a share is nothing or all.
  const double accuracy = report->subnets(0).source_accuracy();
  EXPECT_TRUE(accuracy == 0 || accuracy == 1 || accuracy == 100) << accuracy;
}

}  // namespace
}  // namespace rtfq
