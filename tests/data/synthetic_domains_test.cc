#include "rtfq/data/synthetic_domains.h"

#include <cmath>
#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/parallel.h"
#include "rtfq/data/bad_images.h"
#include "rtfq/data/dataset.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

SyntheticOptions Small() {
  SyntheticOptions options;
  options.side = 32;
  options.images_per_class = 5;
  return options;
}

// The spread of pixel values about their mean.
double DeviationOf(const RgbImage& image) {
  double sum = 0, squares = 0;
  for (const uint8_t value : image.pixels) {
    sum += value;
    squares += double{1} * value * value;
  }
  const double n = static_cast<double>(image.pixels.size());
  return std::sqrt(squares / n - (sum / n) * (sum / n));
}

TEST(SyntheticDomains, AreOrdinaryFolders) {
  const test::TempFolder folder;
  const ThreadPool threads(2);
  ASSERT_THAT(WriteSyntheticDomains(Small(), folder.path(), threads), IsOk());
  for (const char* name : {kCleanDomain, kShiftedDomain}) {
    ASSERT_OK_AND_ASSIGN(const auto domain, OpenDomain(folder.path(), name));
    EXPECT_EQ(domain.classes, SyntheticClassNames());
    EXPECT_EQ(domain.images.size(), 5u * kNumSyntheticShapes);
    EXPECT_TRUE(CheckImages(domain, DecodeLimits(), threads).empty());
  }
}

TEST(SyntheticDomains, AreAFunctionOfTheirOptions) {
  const test::TempFolder a, b, c;
  const ThreadPool one(1), four(4);
  ASSERT_THAT(WriteSyntheticDomains(Small(), a.path(), one), IsOk());
  ASSERT_THAT(WriteSyntheticDomains(Small(), b.path(), four), IsOk());
  SyntheticOptions other = Small();
  other.seed = 2;
  ASSERT_THAT(WriteSyntheticDomains(other, c.path(), one), IsOk());
  const std::string name = "shifted/star/00003.jpg";
  ASSERT_OK_AND_ASSIGN(const RgbImage image, DecodeImageFile(a / name));
  EXPECT_EQ(image, *DecodeImageFile(b / name));
  EXPECT_NE(image, *DecodeImageFile(c / name));
  EXPECT_NE(image, *DecodeImageFile(a / "shifted/star/00004.jpg"));
}

TEST(SyntheticDomains, DoesNothingTwiceAndAnewForOtherOptions) {
  const test::TempFolder folder;
  const ThreadPool threads(1);
  ASSERT_THAT(WriteSyntheticDomains(Small(), folder.path(), threads), IsOk());
  folder.Write("clean/disc/00000.jpg", "touched");
  ASSERT_THAT(WriteSyntheticDomains(Small(), folder.path(), threads), IsOk());
  EXPECT_EQ(std::filesystem::file_size(folder / "clean/disc/00000.jpg"), 7u);
  SyntheticOptions fewer = Small();
  fewer.images_per_class = 2;
  ASSERT_THAT(WriteSyntheticDomains(fewer, folder.path(), threads), IsOk());
  EXPECT_EQ(OpenDomain(folder.path(), "clean")->images.size(),
            2u * kNumSyntheticShapes);
}

TEST(SyntheticDomains, SparesFoldersOfOthers) {
  const test::TempFolder folder;
  folder.Write("clean/mine.jpg", "precious");
  EXPECT_THAT(WriteSyntheticDomains(Small(), folder.path(), ThreadPool(1)),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("clean")));
  EXPECT_EQ(std::filesystem::file_size(folder / "clean/mine.jpg"), 8u);
}

TEST(SyntheticDomains, ShiftMakesThemDiffer) {
  // Without shift only the noise differs in amount: ground and figure are the
  // clean domain's. With it, a third of the images at least are light on dark.
  SyntheticOptions options = Small();
  options.shift = 0;
  const auto corner = [](const RgbImage& image) {
    return int{image.pixels[0]};
  };
  int dark_ground = 0;
  for (int64_t i = 0; i < 40; ++i) {
    const RgbImage plain =
        DrawSyntheticImage(options, true, SyntheticShape::kDisc, i);
    EXPECT_GT(corner(plain), 150) << "a plain light ground";
  }
  options.shift = 1;
  for (int64_t i = 0; i < 40; ++i) {
    const RgbImage shifted =
        DrawSyntheticImage(options, true, SyntheticShape::kDisc, i);
    if (corner(shifted) < 120) ++dark_ground;
    EXPECT_GT(DeviationOf(shifted), 15) << "image " << i << " is nearly flat";
  }
  EXPECT_GE(dark_ground, 40 / 3);
}

TEST(SyntheticDomains, RefusesWrongOptions) {
  const test::TempFolder folder;
  const auto expect = [&](auto change, const char* field) {
    SyntheticOptions options = Small();
    change(options);
    EXPECT_THAT(WriteSyntheticDomains(options, folder.path(), ThreadPool(1)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(field)));
  };
  expect([](auto& o) { o.side = 8; }, "side");
  expect([](auto& o) { o.images_per_class = 0; }, "images_per_class");
  expect([](auto& o) { o.shift = 1.5; }, "shift");
  expect([](auto& o) { o.jpeg_quality = 0; }, "jpeg_quality");
}

}  // namespace
}  // namespace rtfq
