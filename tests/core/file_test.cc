#include "rtfq/core/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/file_size_limit.h"

namespace rtfq {
namespace {

using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.insert(entry.path().filename());
    }
    return names;
  }

  std::filesystem::path folder_;
};

TEST_F(FileTest, ReadsWhatWasWritten) {
  std::string all(256, '\0');
  for (int i = 0; i < 256; ++i) all[i] = static_cast<char>(i);
  for (const std::string& bytes :
       {std::string(), std::string("x"), all, std::string(3 << 20, 'a')}) {
    ASSERT_TRUE(WriteFileAtomically(Path("file"), bytes).ok());
    EXPECT_EQ(ReadFile(Path("file")).value(), bytes);
  }
  EXPECT_EQ(Names(), std::set<std::string>{"file"});
}

TEST_F(FileTest, PiecesFollowEachOther) {
  ASSERT_TRUE(WriteFileAtomically(Path("file"),
                                  std::vector<std::string_view>{"ab", "", "c"})
                  .ok());
  EXPECT_EQ(ReadFile(Path("file")).value(), "abc");
}

TEST_F(FileTest, MissingFile) {
  const absl::Status status = ReadFile(Path("none")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.ToString(), HasSubstr(Path("none")));
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "x").ok());
  EXPECT_EQ(ReadFile(Path("file/below")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FileTest, UnreadableFile) {
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "x").ok());
  ASSERT_EQ(::chmod(Path("file").c_str(), 0), 0);
  const absl::Status status = ReadFile(Path("file")).status();
  if (::geteuid() == 0) {  // root may read anything
    EXPECT_TRUE(status.ok());
  } else {
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  }
}

TEST_F(FileTest, FoldersPipesAndDevicesAreNotFiles) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  for (const std::string& path :
       {folder_.string(), Path("pipe"), std::string("/dev/null")}) {
    EXPECT_EQ(ReadFile(path).status().code(),
              absl::StatusCode::kInvalidArgument)
        << path;
  }
}

TEST_F(FileTest, RefusesMoreThanTheBound) {
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "12345").ok());
  EXPECT_EQ(ReadFile(Path("file"), 5).value(), "12345");
  const absl::Status status = ReadFile(Path("file"), 4).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.ToString(), HasSubstr("5 bytes; at most 4"));
}

// A hole of 1 TB: refused by its size, before memory is taken.
TEST_F(FileTest, RefusesAGiganticFile) {
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "x").ok());
  if (::truncate(Path("file").c_str(), int64_t{1} << 40) != 0) {
    GTEST_SKIP() << "this file system has no such large files";
  }
  EXPECT_EQ(ReadFile(Path("file")).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(FileTest, ALinkWhereTheTemporaryFileGoesIsNotFollowed) {
  ASSERT_TRUE(WriteFileAtomically(Path("other"), "other's").ok());
  std::filesystem::create_symlink(Path("other"), Path("file.tmp"));
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "new").ok());
  EXPECT_EQ(ReadFile(Path("file")).value(), "new");
  EXPECT_EQ(ReadFile(Path("other")).value(), "other's");
  EXPECT_EQ(Names(), (std::set<std::string>{"file", "other"}));
}

TEST_F(FileTest, APipeWhereTheTemporaryFileGoesIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(Path("file.tmp").c_str(), 0600), 0);
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "new").ok());
  EXPECT_EQ(ReadFile(Path("file")).value(), "new");
  EXPECT_EQ(Names(), std::set<std::string>{"file"});
}

TEST_F(FileTest, SizeLimitKeepsTheOldFile) {
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "old").ok());
  {
    const test::FileSizeLimit limit(1000);
    EXPECT_EQ(WriteFileAtomically(Path("file"), std::string(5000, 'n')).code(),
              absl::StatusCode::kResourceExhausted);
  }
  EXPECT_EQ(ReadFile(Path("file")).value(), "old");
  EXPECT_EQ(Names(), std::set<std::string>{"file"});
}

TEST_F(FileTest, NeverReplacesAFolderOrDevice) {
  ASSERT_TRUE(MakeFolders(Path("sub")).ok());
  std::filesystem::create_symlink("/dev/null", Path("null"));
  for (const std::string& path : {Path("sub"), Path("null")}) {
    EXPECT_EQ(WriteFileAtomically(path, "x").code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(Names(), (std::set<std::string>{"sub", "null"}));
}

TEST_F(FileTest, WritesOverALeftoverTemporary) {
  ASSERT_TRUE(WriteFileAtomically(Path("file.tmp"), "a longer leftover").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "new").ok());
  EXPECT_EQ(ReadFile(Path("file")).value(), "new");
  EXPECT_EQ(Names(), std::set<std::string>{"file"});
}

TEST_F(FileTest, MissingFolder) {
  EXPECT_EQ(WriteFileAtomically(Path("no/file"), "x").code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FileTest, MakesFolders) {
  EXPECT_TRUE(MakeFolders(Path("a/b/c")).ok());
  EXPECT_TRUE(MakeFolders(Path("a/b/c")).ok());
  EXPECT_TRUE(std::filesystem::is_directory(Path("a/b/c")));
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "x").ok());
  EXPECT_EQ(MakeFolders(Path("file/d")).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MakeFolders(Path("file")).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadFile(Path("file")).value(), "x");
}

}  // namespace
}  // namespace rtfq
