#include "rtfq/core/mapped_file.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/file.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;

std::string Path(const std::string& name) {
  return ::testing::TempDir() + "/mapped_file_" + name;
}

TEST(MappedFile, HoldsTheBytes) {
  const std::string bytes(100000, 'x');
  ASSERT_TRUE(WriteFileAtomically(Path("a"), bytes).ok());
  const auto file = MappedFile::Open(Path("a"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->bytes(), bytes);
  (*file)->ReleasePages();
  EXPECT_EQ((*file)->bytes(), bytes);
}

TEST(MappedFile, KeepsItsBytesWhenTheFileIsReplaced) {
  ASSERT_TRUE(WriteFileAtomically(Path("b"), "old").ok());
  const auto file = MappedFile::Open(Path("b"));
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(WriteFileAtomically(Path("b"), "newer").ok());
  EXPECT_EQ((*file)->bytes(), "old");
}

TEST(MappedFile, RefusesWhatIsNoFile) {
  EXPECT_EQ(MappedFile::Open(Path("none")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(
      std::string(MappedFile::Open(::testing::TempDir()).status().message()),
      HasSubstr("is a folder or device"));
  ASSERT_TRUE(WriteFileAtomically(Path("empty"), "").ok());
  EXPECT_THAT(std::string(MappedFile::Open(Path("empty")).status().message()),
              HasSubstr("is empty"));
}

}  // namespace
}  // namespace rtfq
