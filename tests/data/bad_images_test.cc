#include "rtfq/data/bad_images.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/parallel.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// What people's folders are full of; good and bad by their names.
void FillWithHostileImages(const test::TempFolder& root) {
  const std::string jpeg = test::ReadTestData("decode/rgb_420.jpg");
  const std::string png = test::ReadTestData("decode/rgb.png");
  const std::string to = "d/c/";
  for (const char* name : {"grey.jpg", "cmyk.jpg", "one_pixel.png",
                           "grey16.png", "palette.png", "progressive.jpg"}) {
    root.Write(to + "good_" + name,
               test::ReadTestData(std::string("decode/") + name));
  }
  root.Write(to + "good_png_named.jpg", png);
  root.Write(to + "bad_empty.jpg", "");
  root.Write(to + "bad_text.jpg", "this is not a picture\n");
  root.Write(to + "bad_head.jpg", jpeg.substr(0, 3));
  root.Write(to + "bad_quarter.jpg", jpeg.substr(0, jpeg.size() / 4));
  root.Write(to + "bad_most.jpg", jpeg.substr(0, jpeg.size() - 20));
  root.Write(to + "bad_half.png", png.substr(0, png.size() / 2));
  std::string huge = jpeg;
  huge.replace(huge.find("\xff\xc0") + 5, 4, "\xea\x60\xea\x60");
  root.Write(to + "bad_huge.jpg", huge);
  std::filesystem::create_directory(root / "d/c/bad_folder.jpg");
  std::filesystem::create_symlink("nowhere", root / "d/c/bad_link.jpg");
}

TEST(CheckImages, NamesEachBadImageAndNoOther) {
  const test::TempFolder root;
  FillWithHostileImages(root);
  ASSERT_OK_AND_ASSIGN(const auto dataset, OpenDomain(root.path(), "d"));
  ASSERT_EQ(dataset.images.size(), 16u);
  for (const int num_threads : {1, 4}) {
    const ThreadPool threads(num_threads);
    const BadImageReport report = CheckImages(dataset, DecodeLimits(), threads);
    ASSERT_EQ(report.images.size(), 9u) << report.ToString();
    for (const BadImage& image : report.images) {
      EXPECT_THAT(dataset.images[image.index].path, HasSubstr("/bad_"));
      EXPECT_THAT(image.reason, StartsWith(dataset.images[image.index].path));
    }
    EXPECT_THAT(report.ToString(),
                AllOf(StartsWith("9 images cannot be used:\n"),
                      HasSubstr("bad_empty.jpg: the file is empty"),
                      HasSubstr("bad_text.jpg: neither a JPEG nor a PNG"),
                      HasSubstr("bad_most.jpg: truncated"),
                      HasSubstr("bad_half.png: truncated"),
                      HasSubstr("bad_huge.jpg: 60000 x 60000 pixels"),
                      HasSubstr("bad_folder.jpg"), HasSubstr("bad_link.jpg")));
    const DomainDataset good = RemoveBad(dataset, report);
    EXPECT_EQ(good.images.size(), 7u);
    EXPECT_EQ(good.classes, dataset.classes);
    for (const ImageRecord& image : good.images) {
      EXPECT_THAT(image.path, HasSubstr("/good_"));
    }
  }
}

TEST(CheckImages, SaysNothingOfGoodImages) {
  const test::TempFolder root;
  root.WriteJpeg("d/c/1.jpg", test::Speckled(8, 8, 1));
  ASSERT_OK_AND_ASSIGN(const auto dataset, OpenDomain(root.path(), "d"));
  const BadImageReport report =
      CheckImages(dataset, DecodeLimits(), ThreadPool(1));
  EXPECT_TRUE(report.empty());
  EXPECT_EQ(report.ToString(), "");
}

}  // namespace
}  // namespace rtfq
