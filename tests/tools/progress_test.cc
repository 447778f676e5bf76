#include "rtfq/tools/progress.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

class ProgressTest : public ::testing::Test {
 protected:
  void SetUp() override { out_ = ::open_memstream(&text_, &size_); }
  void TearDown() override {
    std::fclose(out_);
    std::free(text_);
  }
  std::string Text() {
    std::fflush(out_);
    return std::string(text_, size_);
  }
  // 100 units of 10 images, each half a second.
  void Run(ProgressStyle style) {
    Progress progress(style, out_, [this] { return now_; });
    for (int done = 1; done <= 100; ++done) {
      now_ += 0.5;
      progress.Update("work", done, 100, 10, "ce 1.0");
    }
  }

  double now_ = 1000;
  std::FILE* out_ = nullptr;
  char* text_ = nullptr;
  size_t size_ = 0;
};

TEST(ParseProgressStyle, ReadsEveryName) {
  EXPECT_EQ(*ParseProgressStyle("auto", true), ProgressStyle::kLive);
  EXPECT_EQ(*ParseProgressStyle("auto", false), ProgressStyle::kPlain);
  EXPECT_EQ(*ParseProgressStyle("plain", true), ProgressStyle::kPlain);
  EXPECT_EQ(*ParseProgressStyle("json", true), ProgressStyle::kJson);
  EXPECT_EQ(*ParseProgressStyle("none", true), ProgressStyle::kNone);
  EXPECT_THAT(ParseProgressStyle("loud", true),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("auto, plain, json or none")));
}

TEST_F(ProgressTest, PlainLinesHaveRateAndTimeLeft) {
  Run(ProgressStyle::kPlain);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("work 1/100  ce 1.0\n"));
  // 10 images in half a second; 79 units of half a second are left.
  EXPECT_THAT(text, HasSubstr("work 21/100  ce 1.0  20.0 images/s  40 s left"));
  EXPECT_THAT(text, HasSubstr("work 100/100  ce 1.0  20.0 images/s\n"));
  // The first, one every ten seconds, the last: 1, 21, 41, 61, 81, 100.
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6);
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST_F(ProgressTest, TimeLeftIsThatOfTheStage) {
  Progress progress(ProgressStyle::kPlain, out_, [this] { return now_; });
  progress.Update("warm-up", 1, 100, 0, "", 31);
  now_ += 10;
  progress.Update("warm-up", 11, 100, 0, "", 31);  // a second each
  EXPECT_THAT(Text(), HasSubstr("warm-up 11/100  20 s left of this stage\n"));
}

TEST_F(ProgressTest, LiveIsOneLine) {
  Run(ProgressStyle::kLive);
  const std::string text = Text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 100);
}

TEST_F(ProgressTest, JsonLinesParse) {
  Run(ProgressStyle::kJson);
  const std::string text = Text();
  const auto line = nlohmann::json::parse(text.substr(0, text.find('\n')));
  EXPECT_EQ(line["what"], "work");
  EXPECT_EQ(line["total"], 100);
}

TEST_F(ProgressTest, NoneIsSilent) {
  Run(ProgressStyle::kNone);
  Progress(ProgressStyle::kNone, out_, [] { return 0.0; }).Say("hello");
  EXPECT_EQ(Text(), "");
}

TEST_F(ProgressTest, WhatIsSaidDoesNotMixWithTheLiveLine) {
  Progress progress(ProgressStyle::kLive, out_, [this] { return now_; });
  progress.Update("work", 1, 3, 0, "");
  progress.Say("hello");
  progress.Update("other", 1, 3, 0, "");
  progress.Finish();
  EXPECT_EQ(Text(), "\rwork 1/3\033[K\nhello\n\rother 1/3\033[K\n");
}

TEST_F(ProgressTest, FollowsTraining) {
  StepReport report;
  report.subnets = {{.subnet = {},
                     .role = SubnetRole::kLargest,
                     .cross_entropy = 1,
                     .information_maximization = -2},
                    {.subnet = {},
                     .role = SubnetRole::kSmallest,
                     .cross_entropy = 3,
                     .information_maximization = -4,
                     .distillation = 0.5}};
  report.confident_share = 0.25;
  Progress progress(ProgressStyle::kPlain, out_, [this] { return now_; });
  ASSERT_TRUE(progress
                  .AfterStep({.stage = Stage::kAdaptation,
                              .step = 3,
                              .total_steps = 9,
                              .images = 8,
                              .report = &report})
                  .ok());
  EXPECT_EQ(Text(),
            "adaptation, step 3/9  ce 2.000 im -3.000 rd 0.500 confident "
            "25%\n");
}

TEST_F(ProgressTest, HeldStepsAreSaidOnce) {
  StepReport report;
  report.clamped_steps = {"layer1.0.conv1.weight_step.q4", "fc.input_step.q8"};
  Progress progress(ProgressStyle::kPlain, out_, [this] { return now_; });
  for (int64_t step = 5; step < 8; ++step) {
    ASSERT_TRUE(progress
                    .AfterStep({.stage = Stage::kAdaptation,
                                .step = step,
                                .total_steps = 9,
                                .images = 8,
                                .report = &report})
                    .ok());
  }
  const std::string text = Text();
  EXPECT_THAT(text,
              HasSubstr("warning: in step 5 layer1.0.conv1.weight_step.q4 "
                        "and 1 more were held at the smallest"));
  EXPECT_EQ(text.find("warning"), text.rfind("warning"));
}

}  // namespace
}  // namespace rtfq
