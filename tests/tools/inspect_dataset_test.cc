#include "rtfq/tools/inspect_dataset.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::Speckled;
using test::StatusIs;
using test::TempFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(DescribeDataset, SaysWhatWasUnderstood) {
  const TempFolder root;
  for (const char* name :
       {"office/images/bike/1.jpg", "office/images/bike/2.jpg",
        "office/images/mug/1.jpg", "plain/mug/1.jpg", "phone/1.jpg"}) {
    root.WriteJpeg(name, Speckled(6, 5, 1));
  }
  root.Write("list.txt", "plain/mug/1.jpg 0\n");
  root.Write("mixed/mug/1.jpg", "");
  root.Write("mixed/1.jpg", "");
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       DescribeDataset(root.path(), false, ThreadPool(1)));
  EXPECT_THAT(
      text,
      AllOf(HasSubstr(": 4 domains\n"),
            HasSubstr("office: 3 images, class folders below images\n"
                      "  2 classes; the smallest has 1 images, the middle one "
                      "2, the largest 2\n"),
            HasSubstr("plain: 1 images, class folders\n"),
            HasSubstr("  without images of: bike\n"),
            HasSubstr("phone: 1 images, a folder of images without labels\n"
                      "  no labels"),
            HasSubstr("list: 1 images, an image list\n"),
            HasSubstr("mixed: not a domain: "),
            HasSubstr("2 classes: bike, mug\n")));
  EXPECT_THAT(text, Not(HasSubstr("decoded")));
  EXPECT_THAT(text, Not(HasSubstr("give the folder above")));
}

TEST(DescribeDataset, NamesUnreadableImagesWhenAsked) {
  const TempFolder root;
  root.WriteJpeg("a/mug/1.jpg", Speckled(6, 5, 1));
  root.Write("a/mug/2.jpg", "words");
  root.WriteJpeg("b/mug/1.jpg", Speckled(6, 5, 1));
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       DescribeDataset(root.path(), true, ThreadPool(2)));
  EXPECT_THAT(text, AllOf(HasSubstr("  1 image cannot be used:\n"),
                          HasSubstr("a/mug/2.jpg: neither"),
                          HasSubstr("  every image can be decoded\n")));
}

TEST(DescribeDataset, HintsThatTheRootIsADomain) {
  const TempFolder root;
  for (const char* name : {"amazon/mug/1.jpg", "amazon/bike/1.jpg"}) {
    root.WriteJpeg(name, Speckled(6, 5, 1));
  }
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       DescribeDataset(root / "amazon", false, ThreadPool(1)));
  EXPECT_THAT(text, HasSubstr("give the folder above"));
}

TEST(DescribeDataset, RefusesWhatHoldsNoDomain) {
  const TempFolder root;
  EXPECT_THAT(DescribeDataset(root.path(), false, ThreadPool(1)),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no folders")));
  EXPECT_THAT(DescribeDataset(root / "none", false, ThreadPool(1)),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
}

}  // namespace
}  // namespace rtfq
