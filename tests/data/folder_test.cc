#include "rtfq/data/folder.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ReadFolder, SortsAndKnowsImagesByTheirNames) {
  const test::TempFolder folder;
  for (const char* name : {"b.jpg", "a.PNG", "B.jpeg", "notes.txt", "Thumbs.db",
                           ".hidden.jpg", "z/x.jpg", "y/x.jpg"}) {
    folder.Write(name, "");
  }
  std::filesystem::create_directory(folder / "folder.jpg");
  std::filesystem::create_symlink("nowhere", folder / "broken.png");
  ASSERT_OK_AND_ASSIGN(const FolderEntries entries, ReadFolder(folder.path()));
  EXPECT_THAT(entries.images, ElementsAre("B.jpeg", "a.PNG", "b.jpg",
                                          "broken.png", "folder.jpg"));
  EXPECT_THAT(entries.folders, ElementsAre("y", "z"));
  EXPECT_THAT(entries.lists, ElementsAre("notes.txt"));
}

TEST(ReadFolder, NamesWhatIsMissing) {
  EXPECT_THAT(
      ReadFolder("/no/such/folder"),
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/such/folder")));
}

TEST(ImagesBelow, FindsThemAtAnyDepth) {
  const test::TempFolder folder;
  for (const char* name : {"2.jpg", "1.jpg", "b/x.jpg", "a/c/y.jpg"}) {
    folder.Write(name, "");
  }
  ASSERT_OK_AND_ASSIGN(const auto images, ImagesBelow(folder.path()));
  EXPECT_THAT(images, ElementsAre(folder / "1.jpg", folder / "2.jpg",
                                  folder / "a/c/y.jpg", folder / "b/x.jpg"));
}

TEST(ImagesBelow, StopsInACircle) {
  const test::TempFolder folder;
  std::filesystem::create_directory_symlink(".", folder / "again");
  EXPECT_THAT(ImagesBelow(folder.path()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("again")));
}

}  // namespace
}  // namespace rtfq
