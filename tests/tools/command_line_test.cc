// What people see when they call the programs, and call them wrongly.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/safetensors.h"
#include "tests/tools/program.h"
#include "tests/tools/small_run.h"

namespace rtfq::test {
namespace {

using ::testing::HasSubstr;

using CommandLine = SmallRun;

TEST_F(CommandLine, HostileInputIsOneLineAndLeavesNothing) {
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
    const ProgramResult result =
        RunProgram("train", TrainFlags("run", c.flags));
    ExpectOneError(result);
    EXPECT_THAT(result.err, HasSubstr(c.said));
    EXPECT_FALSE(std::filesystem::exists(Path("run"))) << c.flags[0];
  }
  std::vector<std::string> flags = TrainFlags("run");
  flags[0] = "--config=" + Path("wrong.textproto");
  const ProgramResult wrong = RunProgram("train", flags);
  ExpectOneError(wrong);
  EXPECT_THAT(wrong.err, HasSubstr("wrong.textproto:2:"));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

TEST_F(CommandLine, WeightsThatDoNotFitLeaveNothing) {
  Tensor tensor = Tensor::Zeros({3});
  SafetensorsWriter writer;
  writer.AddF32("conv1.weight", tensor.view());
  ASSERT_TRUE(writer.WriteAtomically(Path("w.safetensors")).ok());
  const ProgramResult result = RunProgram(
      "train", TrainFlags("run", {"--init=" + Path("w.safetensors")}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("conv1.weight"));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
  const ProgramResult imported =
      RunProgram("import_weights", {Path("w.safetensors"), "--depth=18",
                                    "--out=" + Path("out.safetensors")});
  ExpectOneError(imported);
  EXPECT_FALSE(std::filesystem::exists(Path("out.safetensors")));
}

TEST_F(CommandLine, BadImagesAreNamedOrLeftOut) {
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
  EXPECT_EQ(
      RunProgram("train", TrainFlags("run", {"--on_bad_image=skip"})).exit_code,
      0);
  EXPECT_EQ(RunProgram("train", {"--resume=" + Path("run"), "--progress=none"})
                .exit_code,
            0);
}

TEST_F(CommandLine, EvaluationNeedsATrainedRun) {
  ExpectOneError(RunProgram("evaluate", {"--run=" + Path("none")}));
  ExpectOneError(RunProgram("evaluate", {}));
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  const ProgramResult wrong = RunProgram(
      "evaluate", {"--run=" + Path("run"), "--subnets=r224-w100-q8"});
  ExpectOneError(wrong);
  EXPECT_THAT(wrong.err, HasSubstr("from r16-w100-q8 to r12-w60-q4"));
  ExpectOneError(
      RunProgram("evaluate", {"--run=" + Path("run"), "--selection=best"}));
  EXPECT_FALSE(std::filesystem::exists(Path("run/report.html")));
}

TEST_F(CommandLine, InspectTellsWhatFilesAre) {
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  const std::string checkpoint = absl::StrCat(
      Path("run/checkpoints/step-00000000"), kSteps, ".safetensors");
  const ProgramResult whole = RunProgram("inspect", {"checkpoint", checkpoint});
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("step: 24"));
  EXPECT_THAT(whole.out, HasSubstr("student"));
  EXPECT_EQ(RunProgram("inspect", {"weights", checkpoint}).exit_code, 0);
  const ProgramResult dataset =
      RunProgram("inspect", {"dataset", Path("data")});
  EXPECT_EQ(dataset.exit_code, 0) << dataset.err;
  EXPECT_THAT(dataset.out, HasSubstr("2 domains"));
  std::filesystem::resize_file(checkpoint, 1000);
  ExpectOneError(RunProgram("inspect", {"checkpoint", checkpoint}));
  ExpectOneError(RunProgram("inspect", {"checkpoint", Path("none")}));
  ExpectOneError(RunProgram("inspect", {"soup", checkpoint}));
  // Without a word what it is.
  EXPECT_EQ(RunProgram("inspect", {Path("data")}).out, dataset.out);
  ExpectOneError(RunProgram("inspect", {checkpoint}));
  ExpectOneError(RunProgram("inspect", {Path("none")}));
  ExpectOneError(RunProgram("inspect", {}));
}

// What `bazel run //recipes:demo -- ...` does.
TEST_F(CommandLine, ARecipeIsAProgram) {
  const std::vector<std::string> recipe = {"rtfq/tools/train",
                                           "recipes/demo.textproto"};
  std::vector<std::string> words = recipe;
  words.insert(words.end(),
               {"--data=" + Path("data"), "--source=clean", "--target=shifted",
                "--run=" + Path("run"), "--set=warm_up.steps=0",
                "--set=adaptation.stepz=1", "--progress=none"});
  const ProgramResult wrong = RunProgram("bazel/run_train.sh", words);
  ExpectOneError(wrong);
  EXPECT_THAT(wrong.err, HasSubstr("unknown field 'stepz'"));
  words = recipe;
  words.push_back("--resume=" + Path("none"));
  const ProgramResult resumed = RunProgram("bazel/run_train.sh", words);
  ExpectOneError(resumed);
  EXPECT_THAT(resumed.err, HasSubstr("is no run"));
}

TEST(Help, EveryProgramHasAnExample) {
  for (const char* name : {"train", "evaluate", "inspect", "import_weights",
                           "demo", "reproduce"}) {
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
