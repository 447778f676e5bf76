// From a trained and judged run to its bundle, through the libraries behind
// export, verify and classify.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/data/synthetic_domains.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/tools/classify_images.h"
#include "rtfq/tools/evaluate_run.h"
#include "rtfq/tools/experiment.h"
#include "rtfq/tools/export_run.h"
#include "rtfq/tools/inspect_bundle.h"
#include "rtfq/tools/verify_bundle.h"
#include "rtfq/train/text_config.h"
#include "tests/testing/status_matchers.h"
#include "tests/tools/small_run.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class DeploymentTest : public test::SmallRun {
 protected:
  void SetUp() override {
    SmallRun::SetUp();
    NewRun run;
    run.folder = Path("run");
    ASSERT_THAT(ReadTextProto(Path("config.textproto"), run.config), IsOk());
    ASSERT_THAT(ReadTextProto(Path("machine.textproto"), run.machine), IsOk());
    run.data.mutable_source()->set_root(Path("data"));
    run.data.mutable_source()->set_name(kCleanDomain);
    run.data.mutable_target()->set_root(Path("data"));
    run.data.mutable_target()->set_name(kShiftedDomain);
    EvaluateOptions evaluate;
    evaluate.calibration_batches = 2;
    evaluate.batch_size = 8;
    evaluate.measure_latency = false;
    ASSERT_THAT(RunComparison(
                    run, evaluate, [] { return false; }, progress_),
                IsOk());
  }

  ExportOptions Export(const std::string& name) const {
    return {.folder = Path("run/adapted"),
            .out = Path(name),
            .subnets = {},
            .bits = {}};
  }
  VerifyOptions Verify(const std::string& bundle) const {
    VerifyOptions options;
    options.bundle = Path(bundle);
    options.folder = Path("run/adapted");
    options.batch_size = 5;
    return options;
  }

  Progress progress_{ProgressStyle::kNone, stderr, SteadyClock()};
};

TEST_F(DeploymentTest, WhatWasTrainedIsWhatRuns) {
  const auto exported = ExportRun(Export("all.rtfq"));
  ASSERT_THAT(exported, IsOk());
  EXPECT_THAT(*exported, HasSubstr("8 subnets"));
  const auto certificate = VerifyBundle(Verify("all.rtfq"), progress_);
  ASSERT_THAT(certificate, IsOk());
  EXPECT_TRUE(certificate->holds()) << certificate->ToText();
  EXPECT_EQ(certificate->subnets.size(), 8u);
  EXPECT_GT(certificate->images, 10);
  EXPECT_THAT(certificate->ToJson(), HasSubstr("\"holds\": true"));

  // The hash is of the logits: the same again, another for another subnet.
  const auto again = VerifyBundle(Verify("all.rtfq"), progress_);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->subnets[0].logits_sha256,
            certificate->subnets[0].logits_sha256);
  EXPECT_NE(certificate->subnets[0].logits_sha256,
            certificate->subnets[1].logits_sha256);

  // Another folder of images, and fewer of them.
  VerifyOptions few = Verify("all.rtfq");
  few.images = Path("data") + "/" + kCleanDomain;
  few.most_images = 7;
  few.subnets = {"r12-w60-q4"};
  const auto second = VerifyBundle(few, progress_);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->images, 7);
  EXPECT_TRUE(second->holds());
}

// Each in one way another run's; classify would take it, verify must not.
TEST_F(DeploymentTest, ABundleOfAnotherRunIsRefused) {
  using Change = std::function<void(BundleHeader&)>;
  const std::pair<const char*, Change> cases[] = {
      {"at step", [](auto& h) { h.mutable_provenance()->set_step(1); }},
      {"another config",
       [](auto& h) { h.mutable_provenance()->set_config("seed: 7"); }},
      {"calibrated on nothing",
       [](auto& h) { h.mutable_provenance()->set_calibration("nothing"); }},
      {"other images",
       [](auto& h) { h.mutable_provenance()->set_manifest_sha256("00"); }},
      {"class names",
       [](auto& h) { h.mutable_class_names()->SwapElements(0, 1); }},
      {"prepared",
       [](auto& h) { h.mutable_preprocessing()->set_mean(1, 0.25); }}};
  for (const auto& [word, change] : cases) {
    auto frozen = FreezeRun(Path("run/adapted"), {"r12-w60-q4"}, {});
    ASSERT_THAT(frozen, IsOk());
    change(frozen->writer.header());
    ASSERT_THAT(frozen->writer.WriteAtomically(Path("other.rtfq")), IsOk());
    EXPECT_THAT(VerifyBundle(Verify("other.rtfq"), progress_),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         AllOf(HasSubstr("other.rtfq"), HasSubstr(word))));
  }
}

TEST_F(DeploymentTest, ABundleWhoseConfigCannotBeReadIsRefused) {
  auto frozen = FreezeRun(Path("run/adapted"), {"r12-w60-q4"}, {});
  ASSERT_THAT(frozen, IsOk());
  frozen->writer.header().mutable_provenance()->set_config("younger: 1");
  ASSERT_THAT(frozen->writer.WriteAtomically(Path("other.rtfq")), IsOk());
  EXPECT_THAT(VerifyBundle(Verify("other.rtfq"), progress_),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("other.rtfq"), HasSubstr("younger"))));
}

TEST_F(DeploymentTest, ScoresOfAnotherStepAreNotExported) {
  auto report = ReadReport(Path("run/adapted"));
  ASSERT_THAT(report, IsOk());
  report->mutable_facts()->set_steps(kSteps - 1);
  ASSERT_THAT(WriteFileAtomically(Path("run/adapted/report.textproto"),
                                  ToTextProto(*report)),
              IsOk());
  EXPECT_THAT(ExportRun(Export("all.rtfq")),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("evaluate it again")));
  EXPECT_FALSE(std::filesystem::exists(Path("all.rtfq")));
}

TEST_F(DeploymentTest, ScoresAndProvenanceComeAlong) {
  ASSERT_THAT(ExportRun(Export("all.rtfq")), IsOk());
  const auto bundle = Bundle::Open(Path("all.rtfq"));
  ASSERT_THAT(bundle, IsOk());
  const auto report = ReadReport(Path("run/adapted"));
  ASSERT_THAT(report, IsOk());
  const BundleHeader& header = (*bundle)->header();
  for (int i = 0; i < header.subnets_size(); ++i) {
    EXPECT_EQ(header.subnets(i).name(), report->subnets(i).subnet());
    EXPECT_EQ(header.subnets(i).scores().target_accuracy(),
              report->subnets(i).target_accuracy());
    EXPECT_EQ(header.subnets(i).scores().macs(), report->subnets(i).macs());
    EXPECT_TRUE(header.subnets(i).scores().has_im_score());
  }
  const auto described = DescribeBundle(Path("all.rtfq"));
  ASSERT_THAT(described, IsOk());
  EXPECT_THAT(*described, HasSubstr("whole; format 1"));
  EXPECT_THAT(*described, HasSubstr("weights/q4"));
  EXPECT_EQ(header.provenance().step(), kSteps);
  EXPECT_EQ(header.provenance().target(), kShiftedDomain);
  EXPECT_THAT(header.provenance().config(), HasSubstr("family: TINY"));
  EXPECT_EQ(header.class_names_size(), report->class_names_size());
}

TEST_F(DeploymentTest, APartIsSmaller) {
  ASSERT_THAT(ExportRun(Export("all.rtfq")), IsOk());
  ExportOptions four = Export("four.rtfq");
  four.bits = {"4"};
  ASSERT_THAT(ExportRun(four), IsOk());
  ExportOptions one = Export("one.rtfq");
  one.subnets = {"r12-w60-q4"};
  ASSERT_THAT(ExportRun(one), IsOk());
  const auto size = [&](const char* name) {
    return std::filesystem::file_size(Path(name));
  };
  EXPECT_LT(size("one.rtfq"), size("four.rtfq"));
  EXPECT_LT(size("four.rtfq"), size("all.rtfq"));
  const auto certificate = VerifyBundle(Verify("one.rtfq"), progress_);
  ASSERT_THAT(certificate, IsOk());
  EXPECT_TRUE(certificate->holds());
  EXPECT_EQ(certificate->subnets.size(), 1u);
}

TEST_F(DeploymentTest, SaysWhatIsMissing) {
  ASSERT_THAT(ExportRun(Export("all.rtfq")), IsOk());
  EXPECT_THAT(ExportRun(Export("all.rtfq")),
              StatusIs(absl::StatusCode::kAlreadyExists));
  ExportOptions bits = Export("bits.rtfq");
  bits.bits = {"6"};
  EXPECT_THAT(ExportRun(bits), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("trained with 8, 4")));
  std::filesystem::remove(Path("run/adapted/calibrated.safetensors"));
  EXPECT_THAT(ExportRun(Export("more.rtfq")),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("evaluate the run first")));
  EXPECT_FALSE(std::filesystem::exists(Path("more.rtfq")));
}

TEST_F(DeploymentTest, AnotherScaleIsFoundOut) {
  auto frozen = FreezeRun(Path("run/adapted"), {"r12-w60-q4"}, {});
  ASSERT_THAT(frozen, IsOk());
  BundleHeader& header = frozen->writer.header();
  header.set_classifier_scale(std::nextafter(header.classifier_scale(), 1.0f));
  ASSERT_THAT(frozen->writer.WriteAtomically(Path("scaled.rtfq")), IsOk());
  const auto certificate = VerifyBundle(Verify("scaled.rtfq"), progress_);
  ASSERT_THAT(certificate, IsOk());
  EXPECT_FALSE(certificate->holds());
  EXPECT_THAT(certificate->ToText(), HasSubstr("NO: "));
}

TEST_F(DeploymentTest, OtherStatisticsAreRefused) {
  ASSERT_THAT(ExportRun(Export("all.rtfq")), IsOk());
  // The run is judged anew, with other statistics.
  EvaluateOptions again;
  again.folder = Path("run/adapted");
  again.calibration_batches = 1;
  again.batch_size = 4;
  again.measure_latency = false;
  ASSERT_THAT(EvaluateRun(again, progress_), IsOk());
  EXPECT_THAT(VerifyBundle(Verify("all.rtfq"), progress_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("at most 2 batches of 8"),
                             HasSubstr("at most 1 batches of 4"))));
}

TEST_F(DeploymentTest, OnlyTheNewestCheckpointOfItsConfigIsJudged) {
  EvaluateOptions evaluate;
  evaluate.folder = Path("run/adapted");
  evaluate.measure_latency = false;
  const std::string config = Path("run/adapted/config.textproto");
  const auto text = ReadFile(config);
  ASSERT_THAT(text, IsOk());
  ASSERT_THAT(WriteFileAtomically(
                  config, absl::StrReplaceAll(*text, {{"seed: 0", "seed: 1"}})),
              IsOk());
  EXPECT_THAT(EvaluateRun(evaluate, progress_),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("another config")));
  ASSERT_THAT(WriteFileAtomically(config, *text), IsOk());

  std::filesystem::path newest;
  for (const auto& entry :
       std::filesystem::directory_iterator(Path("run/adapted/checkpoints"))) {
    newest = std::max(newest, entry.path());
  }
  std::filesystem::resize_file(newest, 100);
  EXPECT_THAT(EvaluateRun(evaluate, progress_),
              StatusIs(absl::StatusCode::kDataLoss,
                       AllOf(HasSubstr(newest.filename().string()),
                             HasSubstr("--resume="))));
}

TEST_F(DeploymentTest, ClassifiesFilesAndFolders) {
  ASSERT_THAT(ExportRun(Export("all.rtfq")), IsOk());
  const std::shared_ptr<const Bundle> bundle =
      Bundle::Open(Path("all.rtfq")).value();
  const auto engine = Engine::Create(1).value();
  const auto predictor = Predictor::Create(*engine, bundle).value();
  Write("broken.jpg", "no image");
  const auto paths =
      FindImages({Path("broken.jpg"), Path("data") + "/" + kShiftedDomain});
  ASSERT_THAT(paths, IsOk());
  ASSERT_GT(paths->size(), 10u);
  const auto images = ClassifyImages(*paths, "r12-w60-q4", 2, *predictor);
  ASSERT_THAT(images, IsOk());
  EXPECT_THAT((*images)[0].error, HasSubstr("broken.jpg"));
  for (size_t i = 1; i < images->size(); ++i) {
    ASSERT_EQ((*images)[i].top.size(), 2u);
    EXPECT_GE((*images)[i].top[0].probability, (*images)[i].top[1].probability);
  }
  EXPECT_THAT(ToJson((*images)[1], "r12-w60-q4"), HasSubstr("\"subnet\""));
  EXPECT_THAT(ToText((*images)[0]), HasSubstr("error: "));
  EXPECT_THAT(FindImages({Path("nowhere")}),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace rtfq
