#include "rtfq/data/image_list.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(ParseImageList, ReadsPathsAndLabels) {
  ASSERT_OK_AND_ASSIGN(const auto images,
                       ParseImageList("# a comment\n"
                                      "a/b.jpg 0\r\n"
                                      "\n"
                                      "  with blanks in it.png\t65535  \n"
                                      "last.jpg +7",
                                      "list"));
  ASSERT_EQ(images.size(), 3u);
  EXPECT_EQ(images[0].path, "a/b.jpg");
  EXPECT_EQ(images[0].label, 0);
  EXPECT_EQ(images[0].line, 2);
  EXPECT_EQ(images[1].path, "with blanks in it.png");
  EXPECT_EQ(images[1].label, kMaxLabel);
  EXPECT_EQ(images[2].path, "last.jpg");
  EXPECT_EQ(images[2].label, 7);
  EXPECT_EQ(images[2].line, 5);
}

TEST(ParseImageList, ReadsPathsAlone) {
  ASSERT_OK_AND_ASSIGN(const auto images,
                       ParseImageList("a.jpg\nimage 7.jpg\n", "list"));
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(images[1].path, "image 7.jpg");
  EXPECT_EQ(images[1].label, -1);
}

TEST(ParseImageList, NamesTheLine) {
  EXPECT_THAT(ParseImageList("a.jpg 1\nb.jpg\n", "list"),
              StatusIs(kInvalid, StartsWith("list:2: no label")));
  EXPECT_THAT(ParseImageList("a.jpg\n\nb.jpg 1\n", "list"),
              StatusIs(kInvalid, StartsWith("list:3: a label")));
  for (const char* label : {"-1", "65536", "99999999999999999999"}) {
    EXPECT_THAT(ParseImageList(std::string("a.jpg ") + label, "list"),
                StatusIs(kInvalid, StartsWith("list:1: labels are 0 to")));
  }
  EXPECT_THAT(ParseImageList(std::string_view("a\0b 1", 5), "list"),
              StatusIs(kInvalid, HasSubstr("zero byte")));
}

TEST(ParseImageList, RefusesEmptyLists) {
  EXPECT_THAT(ParseImageList("", "list"),
              StatusIs(kInvalid, HasSubstr("no images")));
  EXPECT_THAT(ParseImageList("# nothing\n \n", "list"),
              StatusIs(kInvalid, HasSubstr("no images")));
}

}  // namespace
}  // namespace rtfq
