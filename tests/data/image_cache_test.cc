#include "rtfq/data/image_cache.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::ImagesEqual;
using test::StatusIs;
using ::testing::HasSubstr;

constexpr int kSide = 12;
constexpr int64_t kImageBytes = kSide * kSide * 3;

struct Fixture {
  Fixture() {
    options.resize = kSide;
    options.crop = kSide;
    for (int i = 0; i < 3; ++i) {
      const std::string name = std::to_string(i) + ".jpg";
      folder.WriteJpeg(name, test::Speckled(20, 16, i));
      images.push_back({folder / name, -1});
    }
  }
  test::TempFolder folder;
  TransformOptions options;
  std::vector<ImageRecord> images;
};

TEST(ImageCache, GivesResizedImages) {
  const Fixture f;
  ImageCache cache(f.images, f.options, DecodeLimits(), 10 * kImageBytes);
  for (int64_t i : {0, 2, 0}) {
    ASSERT_OK_AND_ASSIGN(const auto image, cache.Get(i));
    ASSERT_OK_AND_ASSIGN(const auto decoded, DecodeImageFile(f.images[i].path));
    EXPECT_TRUE(ImagesEqual(*image, ResizeBilinear(decoded, kSide, kSide)));
  }
}

TEST(ImageCache, KeepsTheFirstThatFit) {
  const Fixture f;
  ImageCache cache(f.images, f.options, DecodeLimits(), 2 * kImageBytes + 5);
  for (int64_t i : {1, 2, 0}) EXPECT_THAT(cache.Get(i), test::IsOk());
  // Without the files, what is kept is all there is.
  for (const ImageRecord& image : f.images) std::filesystem::remove(image.path);
  EXPECT_THAT(cache.Get(1), test::IsOk());
  EXPECT_THAT(cache.Get(2), test::IsOk());
  EXPECT_THAT(cache.Get(0), StatusIs(absl::StatusCode::kNotFound,
                                     HasSubstr(f.images[0].path)));
}

TEST(ImageCache, WithoutMemoryDecodesEveryTime) {
  const Fixture f;
  ImageCache cache(f.images, f.options, DecodeLimits(), 0);
  ASSERT_OK_AND_ASSIGN(const auto first, cache.Get(1));
  ASSERT_OK_AND_ASSIGN(const auto second, cache.Get(1));
  EXPECT_NE(first, second);
  EXPECT_TRUE(ImagesEqual(*first, *second));
}

}  // namespace
}  // namespace rtfq
