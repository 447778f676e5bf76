#include "rtfq/tools/inspect_file.h"

#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/core/safetensors_writer.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

std::string Path(const std::string& name) {
  return testing::TempDir() + "/" + name;
}

void WriteCheckpoint(const std::string& path, const std::string& stage) {
  const Tensor student = Tensor::Zeros({2, 3}), velocity = Tensor::Zeros({5});
  SafetensorsWriter writer;
  writer.AddF32(stage + "/conv1.weight", student.view());
  writer.AddF32("velocity/conv1.weight", velocity.view());
  writer.SetMetadata("format", "rtfq-checkpoint-1");
  writer.SetMetadata("step", "7");
  ASSERT_TRUE(writer.WriteAtomically(path).ok());
}

TEST(InspectFile, CountsACheckpointByParts) {
  const std::string path = Path("c.safetensors");
  WriteCheckpoint(path, "student");
  const auto text = DescribeCheckpoint(path);
  ASSERT_THAT(text, IsOk());
  EXPECT_THAT(*text, HasSubstr("in adaptation"));
  EXPECT_THAT(*text, HasSubstr("step: 7"));
  EXPECT_THAT(*text, HasSubstr("student         1 tensors            6 num"));
  EXPECT_THAT(*text, HasSubstr("velocity        1 tensors            5 num"));
  EXPECT_THAT(*text, HasSubstr("all             2 tensors           11 num"));
  WriteCheckpoint(path, "warm_up");
  EXPECT_THAT(DescribeCheckpoint(path).value(), HasSubstr("in the warm-up"));
}

TEST(InspectFile, ADamagedCheckpointIsNone) {
  const std::string path = Path("d.safetensors");
  WriteCheckpoint(path, "student");
  std::string bytes = ReadFile(path).value();
  bytes.back() ^= 1;
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  EXPECT_THAT(DescribeCheckpoint(path),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr(path)));
}

TEST(InspectFile, WeightsHaveRangesAndCountWhatIsNotFinite) {
  const Tensor values =
      Tensor::CopyOf(std::vector<float>{-2, NAN, 0.5f, INFINITY}, {2, 2});
  SafetensorsWriter writer;
  writer.AddF32("conv1.weight", values.view());
  ASSERT_TRUE(writer.WriteAtomically(Path("w.safetensors")).ok());
  const auto text = DescribeWeights(Path("w.safetensors"));
  ASSERT_THAT(text, IsOk());
  EXPECT_THAT(*text, HasSubstr("conv1.weight"));
  EXPECT_THAT(*text, HasSubstr("[2,2]"));
  EXPECT_THAT(*text, HasSubstr("-2..0.5"));
  EXPECT_THAT(*text, HasSubstr("NOT FINITE: 2"));
  EXPECT_THAT(
      DescribeCheckpoint(Path("w.safetensors")),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no checkpoint")));
}

}  // namespace
}  // namespace rtfq
