#include "rtfq/tools/weight_file.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"
#include "tests/core/torch_bytes.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::IsOkAndHolds;
using test::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string WriteAs(const std::string& name, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/" + name;
  EXPECT_THAT(WriteFileAtomically(path, bytes), IsOk());
  return path;
}

TEST(ReadWeightFile, GoesByTheBytes) {
  const Tensor ones = Tensor::Filled({2}, 1);
  SafetensorsWriter writer;
  writer.AddF32("w", ones);
  const std::string pickle = Dict({{"w", TensorCall("0", 2, 0, {2}, {1})}});
  const std::vector<StorageBytes> storages = {
      {"0", 2, Number(0x3f8000003f800000, 8)}};
  for (const std::string& path :
       {WriteAs("a.pth", writer.Serialize().value()),
        WriteAs("b.safetensors", TorchZip(pickle, storages)),
        WriteAs("c", TorchLegacy(pickle, storages))}) {
    const absl::StatusOr<SafetensorsFile> file = ReadWeightFile(path);
    ASSERT_THAT(file, IsOk());
    EXPECT_EQ(file->name(), path);
    EXPECT_THAT(file->ReadDoubles("w"),
                IsOkAndHolds(std::vector<double>{1, 1}));
  }
}

TEST(ReadWeightFile, ErrorsNameTheFile) {
  EXPECT_THAT(ReadWeightFile("/none.pth"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/none.pth")));
  const auto error = [](const std::string& bytes) {
    const std::string path = WriteAs("bad", bytes);
    const absl::Status status = ReadWeightFile(path).status();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                                 StartsWith(path + ": ")));
    return std::string(status.message());
  };
  EXPECT_THAT(error("\x1f\x8b"
                    "12345678"),
              HasSubstr("gunzip"));
  EXPECT_THAT(error("PK\x03\x04"), HasSubstr("zip archive"));
  EXPECT_THAT(error("\x80\x02}q\1."), HasSubstr("safetensors"));
  EXPECT_THAT(error("\x80\x02}q\1q\1q\1."), HasSubstr("not of torch.save"));
  EXPECT_THAT(error("cposix\nsystem\n"), HasSubstr("no safetensors file"));
}

}  // namespace
}  // namespace rtfq
