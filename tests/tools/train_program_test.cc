// What a run of the program `train` survives.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/tools/program.h"
#include "tests/tools/small_run.h"

namespace rtfq::test {
namespace {

using ::testing::HasSubstr;

class TrainProgram : public SmallRun {
 protected:
  // Lost steps are made again: every step is there once, in order.
  void ExpectWholeMetrics(const std::string& run) const {
    int step = 0;
    for (const std::string& line : std::vector<std::string>(absl::StrSplit(
             Read(run + "/metrics.jsonl"), '\n', absl::SkipEmpty())))
      EXPECT_EQ(nlohmann::json::parse(line)["step"], ++step);
    EXPECT_EQ(step, kSteps);
  }
  std::string Resume(const std::string& run) const {
    return "--resume=" + Path(run);
  }
};

TEST_F(TrainProgram, TrainsAndIsEvaluated) {
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  ExpectWholeMetrics("run");
  for (const char* name : {"config", "machine", "data", "environment"})
    EXPECT_NE(Read(absl::StrCat("run/", name, ".textproto")), "") << name;
  const ProgramResult evaluated = RunProgram(
      "evaluate", {"--run=" + Path("run"), "--batches=2", "--progress=none"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  EXPECT_THAT(evaluated.out, HasSubstr("r16-w100-q8"));
  EXPECT_THAT(evaluated.out, HasSubstr("report.html"));
  EXPECT_THAT(Read("run/report.html"), HasSubstr("<svg"));
  const std::string csv = Read("run/report.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 2 * 2 * 2);
  const auto json = nlohmann::json::parse(Read("run/report.json"));
  EXPECT_EQ(json["subnets"].size(), 2u * 2 * 2);
  EXPECT_TRUE(json["subnets"][0].contains("target_accuracy"));
}

TEST_F(TrainProgram, ThreadsDoNotChangeTheWeights) {
  ASSERT_EQ(RunProgram("train", TrainFlags("one")).exit_code, 0);
  ASSERT_EQ(RunProgram("train", TrainFlags("three", {"--threads=3"})).exit_code,
            0);
  EXPECT_NE(LastCheckpoint("one"), "");
  EXPECT_EQ(LastCheckpoint("one"), LastCheckpoint("three"));
}

TEST_F(TrainProgram, SigtermFinishesTheStepAndTheRunGoesOn) {
  ASSERT_EQ(RunProgram("train", TrainFlags("straight")).exit_code, 0);
  std::vector<std::string> flags = TrainFlags("run");
  flags.back() = "--progress=plain";
  Program program("train", flags);
  while (program.running() && NewestStep("run") == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  program.Signal(SIGTERM);
  const ProgramResult stopped = program.Wait();
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  if (NewestStep("run") < kSteps) {
    EXPECT_THAT(stopped.err, HasSubstr("--resume=" + Path("run")));
  }
  ASSERT_EQ(RunProgram("train", {Resume("run"), "--progress=none"}).exit_code,
            0);
  EXPECT_EQ(LastCheckpoint("run"), LastCheckpoint("straight"));
  ExpectWholeMetrics("run");
}

// At any moment, twenty times in a row.
TEST_F(TrainProgram, KillingItNeverLosesMoreThanOneInterval) {
  ASSERT_EQ(RunProgram("train", TrainFlags("straight")).exit_code, 0);
  int newest = 0;
  for (int kill = 0; kill < 20; ++kill) {
    const bool is_run = std::filesystem::exists(Path("run/config.textproto"));
    Program program(
        "train",
        is_run ? std::vector<std::string>{Resume("run"), "--progress=none"}
               : TrainFlags("run"));
    // Spread over the start, the steps and the saving; the checkpoint of the
    // next interval shows that it moves on.
    const int wanted =
        std::min(newest + (kill % 5 == 4 ? kInterval : 0), kSteps);
    for (int ms = 0;
         program.running() && (ms < 7 * kill || NewestStep("run") < wanted);
         ms += 2)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    program.Signal(SIGKILL);
    program.Wait();
    EXPECT_GE(NewestStep("run"), newest);
    newest = NewestStep("run");
  }
  ASSERT_EQ(RunProgram("train", {Resume("run"), "--progress=none"}).exit_code,
            0);
  EXPECT_EQ(LastCheckpoint("run"), LastCheckpoint("straight"));
  ExpectWholeMetrics("run");
}

TEST_F(TrainProgram, AFullDiskIsOneLineAndLosesNothing) {
  ASSERT_EQ(RunProgram("train", TrainFlags("straight")).exit_code, 0);
  // Room for the warm-up's checkpoints, not for those of adaptation.
  const auto warm_up =
      std::filesystem::file_size(Path("straight/warm_up.safetensors"));
  Program program("train", TrainFlags("run"),
                  {.max_file_bytes = static_cast<long>(warm_up)});
  const ProgramResult full = program.Wait();
  ExpectOneError(full);
  EXPECT_THAT(full.err, HasSubstr("cannot write"));
  EXPECT_EQ(NewestStep("run"), kWarmUpSteps);
  ASSERT_EQ(RunProgram("train", {Resume("run"), "--progress=none"}).exit_code,
            0);
  EXPECT_EQ(LastCheckpoint("run"), LastCheckpoint("straight"));
}

TEST_F(TrainProgram, ADamagedCheckpointIsPassedOver) {
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  const std::string whole = LastCheckpoint("run");
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(Path("run/checkpoints")))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ASSERT_EQ(files.size(), 2u);
  std::filesystem::resize_file(files[1], whole.size() - 1);
  ASSERT_EQ(RunProgram("train", {Resume("run"), "--progress=none"}).exit_code,
            0);
  EXPECT_EQ(LastCheckpoint("run"), whole);

  for (const auto& file : files) std::filesystem::resize_file(file, 100);
  const ProgramResult damaged =
      RunProgram("train", {Resume("run"), "--progress=none"});
  ExpectOneError(damaged);
  EXPECT_THAT(damaged.err, HasSubstr("every checkpoint is damaged"));
  EXPECT_EQ(std::filesystem::file_size(files[1]), 100u);
}

TEST_F(TrainProgram, TwoCannotShareARun) {
  Program first("train", TrainFlags("run", {"--steps=100000"}));
  while (first.running() && NewestStep("run") == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const ProgramResult second =
      RunProgram("train", {Resume("run"), "--progress=none"});
  ExpectOneError(second);
  EXPECT_THAT(second.err, HasSubstr("another process"));
  EXPECT_TRUE(first.running());
}

TEST_F(TrainProgram, ARunIsNotOverwritten) {
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  const std::string before = LastCheckpoint("run");
  const ProgramResult again =
      RunProgram("train", TrainFlags("run", {"--set=seed=5"}));
  ExpectOneError(again);
  EXPECT_THAT(again.err, HasSubstr("--resume="));
  EXPECT_EQ(LastCheckpoint("run"), before);
}

TEST_F(TrainProgram, PyTorchsFormatIsSentToImport) {
  std::ofstream(Path("w.pth")) << "PK\x03\x04 and so on";
  const ProgramResult refused =
      RunProgram("train", TrainFlags("run", {"--init=" + Path("w.pth")}));
  ExpectOneError(refused);
  EXPECT_THAT(refused.err, HasSubstr("//:import_weights"));
}

TEST_F(TrainProgram, ChangedImagesEndAResume) {
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(Path("data/clean"))) {
    if (entry.path().extension() != ".jpg") continue;
    std::filesystem::remove(entry.path());
    break;
  }
  const ProgramResult resumed =
      RunProgram("train", {Resume("run"), "--progress=none"});
  ExpectOneError(resumed);
  EXPECT_THAT(resumed.err, HasSubstr("has changed since the run began"));
}

}  // namespace
}  // namespace rtfq::test
