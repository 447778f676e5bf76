// `train` and `evaluate` as programs: what people see, and what a run survives.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "rtfq/core/safetensors.h"
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
    for (const std::string& line : std::vector<std::string>(
             absl::StrSplit(Read(run + "/metrics.jsonl"), '\n', absl::SkipEmpty())))
      EXPECT_EQ(nlohmann::json::parse(line)["step"], ++step);
    EXPECT_EQ(step, kSteps);
  }
  void ExpectOneLine(const ProgramResult& result) const {
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_EQ(result.err.rfind("error: ", 0), 0u) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1)
        << result.err;
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
  ASSERT_EQ(RunProgram("train", TrainFlags("three", {"--threads=3"})).exit_code, 0);
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
  ASSERT_EQ(RunProgram("train", {Resume("run"), "--progress=none"}).exit_code, 0);
  EXPECT_EQ(LastCheckpoint("run"), LastCheckpoint("straight"));
  ExpectWholeMetrics("run");
}

// At any moment, twenty times in a row.
TEST_F(TrainProgram, KillingItNeverLosesMoreThanOneInterval) {
  ASSERT_EQ(RunProgram("train", TrainFlags("straight")).exit_code, 0);
  int newest = 0;
  for (int kill = 0; kill < 20; ++kill) {
    const bool is_run =
        std::filesystem::exists(Path("run/config.textproto"));
    Program program("train", is_run ? std::vector<std::string>{
                                          Resume("run"), "--progress=none"}
                                    : TrainFlags("run"));
    // Spread over the start, the steps and the saving; the checkpoint of the
    // next interval shows that it moves on.
    const int wanted = std::min(newest + (kill % 5 == 4 ? kInterval : 0), kSteps);
    for (int ms = 0; program.running() && (ms < 7 * kill || NewestStep("run") < wanted);
         ms += 2)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    program.Signal(SIGKILL);
    program.Wait();
    EXPECT_GE(NewestStep("run"), newest);
    newest = NewestStep("run");
  }
  ASSERT_EQ(RunProgram("train", {Resume("run"), "--progress=none"}).exit_code, 0);
  EXPECT_EQ(LastCheckpoint("run"), LastCheckpoint("straight"));
  ExpectWholeMetrics("run");
}

TEST_F(TrainProgram, AFullDiskIsOneLineAndLosesNothing) {
  ASSERT_EQ(RunProgram("train", TrainFlags("straight")).exit_code, 0);
  // Room for the warm-up's checkpoints, not for those of adaptation.
  const auto warm_up = std::filesystem::file_size(
      Path("straight/warm_up.safetensors"));
  Program program("train", TrainFlags("run"),
                  {.max_file_bytes = static_cast<long>(warm_up)});
  const ProgramResult full = program.Wait();
  ExpectOneLine(full);
  EXPECT_THAT(full.err, HasSubstr("cannot write"));
  EXPECT_EQ(NewestStep("run"), kWarmUpSteps);
  ASSERT_EQ(RunProgram("train", {Resume("run"), "--progress=none"}).exit_code, 0);
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
  ASSERT_EQ(RunProgram("train", {Resume("run"), "--progress=none"}).exit_code, 0);
  EXPECT_EQ(LastCheckpoint("run"), whole);

  for (const auto& file : files) std::filesystem::resize_file(file, 100);
  const ProgramResult damaged =
      RunProgram("train", {Resume("run"), "--progress=none"});
  ExpectOneLine(damaged);
  EXPECT_THAT(damaged.err, HasSubstr("every checkpoint is damaged"));
  EXPECT_EQ(std::filesystem::file_size(files[1]), 100u);
}

TEST_F(TrainProgram, TwoCannotShareARun) {
  Program first("train", TrainFlags("run", {"--steps=100000"}));
  while (first.running() && NewestStep("run") == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const ProgramResult second =
      RunProgram("train", {Resume("run"), "--progress=none"});
  ExpectOneLine(second);
  EXPECT_THAT(second.err, HasSubstr("another process"));
  EXPECT_TRUE(first.running());
}

TEST_F(TrainProgram, ARunIsNotOverwritten) {
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  const std::string before = LastCheckpoint("run");
  const ProgramResult again = RunProgram("train", TrainFlags("run", {"--set=seed=5"}));
  ExpectOneLine(again);
  EXPECT_THAT(again.err, HasSubstr("--resume="));
  EXPECT_EQ(LastCheckpoint("run"), before);
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
  ExpectOneLine(resumed);
  EXPECT_THAT(resumed.err, HasSubstr("has changed since the run began"));
}

TEST_F(TrainProgram, HostileInputIsOneLineAndLeavesNothing) {
  Write("wrong.textproto", "adaptation {\n  stepz: 3\n}\n");
  Write("weights.safetensors", "not weights");
  const struct {
    std::vector<std::string> flags;
    const char* said;
  } cases[] = {
      {{"--set=adaptation.stepz=3"}, "unknown field 'stepz'"},
      {{"--set=adaptation.teacher_momentum=2"}, "must be between 0 and 1"},
      {{"--set=search_space.resolutions=[12,16]"}, "must descend"},
      {{"--set=network.tiny.stem_channels=32"}, "stem_channels"},
      {{"--stepz=3"}, "unknown flag --stepz; flags: steps"},
      {{"--threads=many"}, "'many' is not an integer"},
      {{"--progress=loud"}, "given twice"},
      {{"stray"}, "unexpected argument 'stray'"},
      {{"--init=" + Path("weights.safetensors")}, "weights.safetensors"},
      {{"--init=/none.safetensors"}, "/none.safetensors"},
      {{"--warm_up=" + Path("none")}, "is no run"}};
  for (const auto& c : cases) {
    const ProgramResult result = RunProgram("train", TrainFlags("run", c.flags));
    ExpectOneLine(result);
    EXPECT_THAT(result.err, HasSubstr(c.said));
    EXPECT_FALSE(std::filesystem::exists(Path("run"))) << c.flags[0];
  }
  std::vector<std::string> flags = TrainFlags("run");
  flags[0] = "--config=" + Path("wrong.textproto");
  const ProgramResult wrong = RunProgram("train", flags);
  ExpectOneLine(wrong);
  EXPECT_THAT(wrong.err, HasSubstr("wrong.textproto:2:"));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

TEST_F(TrainProgram, WeightsThatDoNotFitLeaveNothing) {
  Tensor tensor = Tensor::Zeros({3});
  SafetensorsWriter writer;
  writer.AddF32("conv1.weight", tensor.view());
  ASSERT_TRUE(writer.WriteAtomically(Path("w.safetensors")).ok());
  const ProgramResult result =
      RunProgram("train", TrainFlags("run", {"--init=" + Path("w.safetensors")}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("conv1.weight"));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
  const ProgramResult imported =
      RunProgram("import_weights", {Path("w.safetensors"), "--depth=18",
                             "--out=" + Path("out.safetensors")});
  ExpectOneLine(imported);
  EXPECT_FALSE(std::filesystem::exists(Path("out.safetensors")));
}

TEST_F(TrainProgram, BadImagesAreNamedOrLeftOut) {
  Write("data/clean/bad.jpg", "");
  std::string image;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(Path("data/shifted"))) {
    if (entry.path().extension() == ".jpg") image = entry.path();
  }
  std::filesystem::remove(Path("data/clean/bad.jpg"));
  std::filesystem::resize_file(image, 20);
  const ProgramResult failed = RunProgram("train", TrainFlags("run"));
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, HasSubstr(image));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
  EXPECT_EQ(RunProgram("train", TrainFlags("run", {"--on_bad_image=skip"})).exit_code,
            0);
  EXPECT_EQ(RunProgram("train", {Resume("run"), "--progress=none"}).exit_code, 0);
}

TEST_F(TrainProgram, EvaluationNeedsATrainedRun) {
  ExpectOneLine(RunProgram("evaluate", {"--run=" + Path("none")}));
  ExpectOneLine(RunProgram("evaluate", {}));
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  const ProgramResult wrong = RunProgram(
      "evaluate", {"--run=" + Path("run"), "--subnets=r224-w100-q8"});
  ExpectOneLine(wrong);
  EXPECT_THAT(wrong.err, HasSubstr("from r16-w100-q8 to r12-w60-q4"));
  ExpectOneLine(RunProgram("evaluate", {"--run=" + Path("run"), "--selection=best"}));
  EXPECT_FALSE(std::filesystem::exists(Path("run/report.html")));
}

TEST_F(TrainProgram, InspectTellsWhatFilesAre) {
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  const std::string checkpoint = absl::StrCat(
      Path("run/checkpoints/step-00000000"), kSteps, ".safetensors");
  const ProgramResult whole = RunProgram("inspect", {"checkpoint", checkpoint});
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("step: 24"));
  EXPECT_THAT(whole.out, HasSubstr("student"));
  EXPECT_EQ(RunProgram("inspect", {"weights", checkpoint}).exit_code, 0);
  const ProgramResult dataset = RunProgram("inspect", {"dataset", Path("data")});
  EXPECT_EQ(dataset.exit_code, 0) << dataset.err;
  EXPECT_THAT(dataset.out, HasSubstr("2 domains"));
  std::filesystem::resize_file(checkpoint, 1000);
  ExpectOneLine(RunProgram("inspect", {"checkpoint", checkpoint}));
  ExpectOneLine(RunProgram("inspect", {"checkpoint", Path("none")}));
  ExpectOneLine(RunProgram("inspect", {"soup", checkpoint}));
}

// What `bazel run //recipes:demo -- ...` does.
TEST_F(TrainProgram, ARecipeIsAProgram) {
  const std::vector<std::string> recipe = {"rtfq/tools/train",
                                           "recipes/demo.textproto"};
  std::vector<std::string> words = recipe;
  words.insert(words.end(), {"--data=" + Path("data"), "--source=clean",
                             "--target=shifted", "--run=" + Path("run"),
                             "--set=warm_up.steps=0",
                             "--set=adaptation.stepz=1", "--progress=none"});
  const ProgramResult wrong = RunProgram("bazel/run_train.sh", words);
  ExpectOneLine(wrong);
  EXPECT_THAT(wrong.err, HasSubstr("unknown field 'stepz'"));
  words = recipe;
  words.push_back("--resume=" + Path("none"));
  const ProgramResult resumed = RunProgram("bazel/run_train.sh", words);
  ExpectOneLine(resumed);
  EXPECT_THAT(resumed.err, HasSubstr("is no run"));
}

TEST(Help, EveryProgramHasAnExample) {
  for (const char* name :
       {"train", "evaluate", "inspect", "import_weights", "demo", "reproduce"}) {
    const ProgramResult help = RunProgram(name, {"--help"});
    EXPECT_EQ(help.exit_code, 0) << name;
    EXPECT_THAT(help.out, HasSubstr(absl::StrCat("bazel run //:", name)));
    const ProgramResult wrong = RunProgram(name, {"--no_such_flag=1"});
    EXPECT_EQ(wrong.exit_code, 1) << name;
    EXPECT_THAT(wrong.err, HasSubstr("unknown flag --no_such_flag"));
  }
}

}  // namespace
}  // namespace rtfq::test
