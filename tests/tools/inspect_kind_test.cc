#include "rtfq/tools/inspect_kind.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "rtfq/core/safetensors_writer.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOkAndHolds;
using test::StatusIs;

std::string Path(const std::string& name) {
  return testing::TempDir() + "/" + name;
}

TEST(InspectKind, GoesByTheFirstBytes) {
  ASSERT_TRUE(WriteFileAtomically(Path("any.name"),
                                  test::SmallSupernet().Frozen().Serialize())
                  .ok());
  EXPECT_THAT(KindOf(Path("any.name")), IsOkAndHolds("bundle"));

  SafetensorsWriter weights, checkpoint;
  const Tensor tensor = Tensor::Zeros({3});
  weights.AddF32("conv1.weight", tensor.view());
  ASSERT_TRUE(weights.WriteAtomically(Path("w.safetensors")).ok());
  EXPECT_THAT(KindOf(Path("w.safetensors")), IsOkAndHolds("weights"));
  checkpoint.AddF32("student/conv1.weight", tensor.view());
  checkpoint.SetMetadata("format", "rtfq-checkpoint-1");
  checkpoint.SetMetadata("config_sha256", std::string(64, 'a'));
  ASSERT_TRUE(checkpoint.WriteAtomically(Path("c.safetensors")).ok());
  EXPECT_THAT(KindOf(Path("c.safetensors")), IsOkAndHolds("checkpoint"));
}

TEST(InspectKind, OfFoldersAndOfNothing) {
  EXPECT_THAT(KindOf(testing::TempDir()), IsOkAndHolds("dataset"));
  EXPECT_THAT(KindOf(Path("nothing.rtfq")),
              StatusIs(absl::StatusCode::kNotFound));
  std::filesystem::remove(Path("pipe"));
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(KindOf(Path("pipe")),
              StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_TRUE(WriteFileAtomically(Path("empty"), "").ok());
  EXPECT_THAT(KindOf(Path("empty")), IsOkAndHolds("weights"));
}

}  // namespace
}  // namespace rtfq
