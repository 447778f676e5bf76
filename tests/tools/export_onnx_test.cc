#include "rtfq/tools/export_onnx.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/deploy/onnx.pb.h"
#include "tests/tools/program.h"
#include "tests/tools/small_run.h"

namespace rtfq::test {
namespace {

using ::testing::HasSubstr;

class ExportOnnxTest : public SmallRun {
 protected:
  ProgramResult Export(const std::vector<std::string>& flags) const {
    return RunProgram("export", flags);
  }
};

TEST_F(ExportOnnxTest, ARunAndItsBundleGiveTheSameBytes) {
  ASSERT_EQ(RunProgram("train", TrainFlags("run")).exit_code, 0);
  const std::string run = "--run=" + Path("run");
  const std::string bundle = "--bundle=" + Path("a.rtfq");
  const ProgramResult early =
      Export({run, "--format=onnx", "--subnet=r16-w100-q8",
              "--out=" + Path("a.onnx")});
  EXPECT_NE(early.exit_code, 0);  // not evaluated
  ASSERT_EQ(
      RunProgram("evaluate", {run, "--batches=2", "--progress=none"}).exit_code,
      0);
  const ProgramResult frozen = Export({run, "--out=" + Path("a.rtfq")});
  ASSERT_EQ(frozen.exit_code, 0) << frozen.err;
  for (const std::string format : {"onnx", "onnx_f32"}) {
    SCOPED_TRACE(format);
    const std::vector<std::string> common = {"--format=" + format,
                                             "--subnet=r16-w100-q8"};
    const std::string from_run = format + "1", from_bundle = format + "2";
    std::vector<std::string> flags = common;
    flags.insert(flags.end(), {run, "--out=" + Path(from_run)});
    const ProgramResult first = Export(flags);
    ASSERT_EQ(first.exit_code, 0) << first.err;
    EXPECT_THAT(first.out, HasSubstr("r16-w100-q8 as ONNX"));
    EXPECT_THAT(Export(flags).err, HasSubstr("exists already"));
    flags = common;
    flags.insert(flags.end(), {bundle, "--out=" + Path(from_bundle)});
    const ProgramResult second = Export(flags);
    ASSERT_EQ(second.exit_code, 0) << second.err;
    EXPECT_EQ(Read(from_run), Read(from_bundle));
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(Read(from_run)));
    EXPECT_EQ(model.graph().name(), "r16-w100-q8");
  }
}

TEST_F(ExportOnnxTest, FlagsThatDoNotGoTogether) {
  const std::string out = "--out=" + Path("x");
  EXPECT_THAT(Export({"--run=a", "--format=tflite", out}).err,
              HasSubstr("rtfq, onnx and onnx_f32 are possible"));
  EXPECT_THAT(Export({"--run=a", "--format=onnx", out}).err,
              HasSubstr("--subnet=r160-w73-q6"));
  EXPECT_THAT(
      Export({"--run=a", "--bundle=b", "--subnet=c", "--format=onnx", out}).err,
      HasSubstr("a run (--run=runs/a2w) or a bundle"));
  EXPECT_THAT(Export({"--run=a", "--subnets=c", "--format=onnx", out}).err,
              HasSubstr("an ONNX model holds one subnet"));
  EXPECT_THAT(Export({"--run=a", "--subnet=c", out}).err,
              HasSubstr("are for --format=onnx"));
  EXPECT_THAT(Export({"--run=a", "--format=onnx"}).err, HasSubstr("where to?"));
}

}  // namespace
}  // namespace rtfq::test
