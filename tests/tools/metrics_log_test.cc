#include "rtfq/tools/metrics_log.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "rtfq/core/file.h"
#include "tests/testing/file_size_limit.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;
using Json = nlohmann::json;

class MetricsLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove(path_);
    report_.learning_rate = 0.5;
    report_.gradient_norm = 2;
    report_.clamped_steps = {"layer1.0.conv1.step"};
    report_.subnets = {{.subnet = {64, 100, BitWidth::k8},
                        .role = SubnetRole::kLargest,
                        .cross_entropy = 1,
                        .total = 3},
                       {.subnet = {40, 60, BitWidth::k4},
                        .role = SubnetRole::kSmallest,
                        .cross_entropy = 2,
                        .total = 5}};
  }
  void TearDown() override { std::filesystem::remove(path_); }

  StepEvent Event(int64_t step) const {
    return {.stage = step <= 2 ? Stage::kWarmUp : Stage::kAdaptation,
            .step = step,
            .total_steps = 10,
            .images = 8,
            .report = &report_};
  }
  // Steps from..to, each two seconds long.
  void Log(int64_t from, int64_t to, int interval = 1) {
    double now = 100;
    auto log = MetricsLog::Open(path_, from - 1, interval, [&] { return now; });
    ASSERT_THAT(log, IsOk());
    for (int64_t step = from; step <= to; ++step) {
      now += 2;
      ASSERT_THAT((*log)->AfterStep(Event(step)), IsOk());
    }
  }
  std::vector<Json> Lines() const {
    std::vector<Json> lines;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);)
      lines.push_back(Json::parse(line));
    return lines;
  }

  std::string path_;
  StepReport report_;
};

TEST_F(MetricsLogTest, ALineHoldsEveryLoss) {
  const Json line = Json::parse(MetricsLine(Event(3), 1.5, 4));
  EXPECT_EQ(line["stage"], "adaptation");
  EXPECT_EQ(line["step"], 3);
  EXPECT_EQ(line["total_steps"], 10);
  EXPECT_EQ(line["seconds"], 1.5);
  EXPECT_EQ(line["images_per_s"], 4);
  EXPECT_EQ(line["learning_rate"], 0.5);
  EXPECT_EQ(line["gradient_norm"], 2);
  EXPECT_EQ(line["clamped_steps"][0], "layer1.0.conv1.step");
  ASSERT_EQ(line["subnets"].size(), 2u);
  EXPECT_EQ(line["subnets"][0]["subnet"], "r64-w100-q8");
  EXPECT_EQ(line["subnets"][0]["role"], "largest");
  EXPECT_EQ(line["subnets"][1]["cross_entropy"], 2);
  EXPECT_EQ(line["subnets"][1]["total"], 5);
}

TEST_F(MetricsLogTest, OneLineAStepWithRateAndTime) {
  Log(1, 3);
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["stage"], "warm_up");
  EXPECT_EQ(lines[2]["step"], 3);
  EXPECT_DOUBLE_EQ(lines[2]["seconds"], 3 * 2);
  EXPECT_DOUBLE_EQ(lines[2]["images_per_s"], 8 / 2.0);
}

TEST_F(MetricsLogTest, IntervalKeepsTheLastStep) {
  Log(1, 10, /*interval=*/4);
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["step"], 4);
  EXPECT_EQ(lines[1]["step"], 8);
  EXPECT_EQ(lines[2]["step"], 10);
}

TEST_F(MetricsLogTest, IsCutBackToTheCheckpoint) {
  Log(1, 7);
  Log(5, 6);  // a checkpoint at step 4
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 6u);
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i]["step"], i + 1);
  // The seconds of step 4 count, those of the lost steps do not.
  EXPECT_DOUBLE_EQ(lines[5]["seconds"], 4 * 2 + 2 * 2);
}

TEST_F(MetricsLogTest, ALineCutShortIsRemoved) {
  Log(1, 3);
  std::string text = ReadFile(path_).value();
  for (const size_t bytes : {size_t{1}, text.size() / 6}) {
    ASSERT_THAT(WriteFileAtomically(path_, text.substr(0, text.size() - bytes)),
                IsOk());
    Log(4, 4);
    const auto lines = Lines();
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[1]["step"], 2);
    EXPECT_EQ(lines[2]["step"], 4);
  }
}

TEST_F(MetricsLogTest, AnEmptyCutLeavesNothing) {
  Log(1, 3);
  Log(1, 1);
  EXPECT_EQ(Lines().size(), 1u);
}

TEST_F(MetricsLogTest, ADeviceIsRefused) {
  std::filesystem::create_symlink("/dev/null", path_);
  double now = 0;
  const absl::Status status =
      MetricsLog::Open(path_, 0, 1, [&] { return now; }).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(MetricsLogTest, AFileThatMayNotGrowIsAnErrorThatNamesIt) {
  double now = 0;
  auto log = MetricsLog::Open(path_, 0, 1, [&] { return now; });
  ASSERT_THAT(log, IsOk());
  const test::FileSizeLimit limit(100);
  EXPECT_THAT((*log)->AfterStep(Event(1)),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr(path_)));
}

TEST_F(MetricsLogTest, CurvesAreMeansOverSubnetsThatHaveTheLoss) {
  Log(1, 4);
  EvaluationReport report;
  AddLossCurves(ReadFile(path_).value(), report);
  ASSERT_EQ(report.loss_curves_size(), 2);
  EXPECT_EQ(report.loss_curves(0).name(), "total");
  EXPECT_EQ(report.loss_curves(0).values(0), (3 + 5) / 2.0);
  EXPECT_EQ(report.loss_curves(1).name(), "cross_entropy");
  EXPECT_EQ(report.loss_curves(1).values(3), (1 + 2) / 2.0);
  EXPECT_EQ(report.loss_curves(1).steps(3), 4);
  EXPECT_EQ(report.facts().train_seconds(), 4 * 2);
}

TEST(AddLossCurves, LongRunsAreThinned) {
  std::string text;
  for (int step = 1; step <= 1201; ++step) {
    text +=
        "{\"step\":" + std::to_string(step) + ",\"subnets\":[{\"total\":2}]}\n";
  }
  EvaluationReport report;
  AddLossCurves(text, report);
  ASSERT_EQ(report.loss_curves_size(), 1);
  // Groups of ceil(1201 / 500) = 3 steps.
  EXPECT_EQ(report.loss_curves(0).steps_size(), (1201 + 2) / 3);
  EXPECT_EQ(report.loss_curves(0).steps(400), 1201);
}

TEST(AddLossCurves, HostileTextIsPassedOver) {
  for (const char* text :
       {"", "x\n", "[]\n", "{}\n", "{\"step\":1.5,\"subnets\":[]}\n",
        "{\"step\":1,\"subnets\":3}\n", "{\"step\":1,\"subnets\":[3]}\n",
        "{\"step\":1,\"subnets\":{\"a\":{\"total\":1}}}\n"}) {
    EvaluationReport report;
    AddLossCurves(text, report);
  }
}

}  // namespace
}  // namespace rtfq
