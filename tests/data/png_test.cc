#include "rtfq/data/png.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

TEST(Png, DropsAlphaButNotColour) {
  ASSERT_OK_AND_ASSIGN(
      const RgbImage image,
      DecodePng(test::ReadTestData("decode/rgba.png"), 1 << 20));
  EXPECT_TRUE(test::ImagesEqual(image, test::ReadPpm("decode/rgb.png.ppm")));
}

TEST(Png, SaysThatDataIsMissing) {
  const std::string bytes = test::ReadTestData("decode/rgb.png");
  EXPECT_THAT(
      DecodePng(bytes.substr(0, bytes.size() / 2), 1 << 20),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("truncated")));
}

TEST(Png, RefusesWrongChecksums) {
  std::string bytes = test::ReadTestData("decode/rgb.png");
  bytes[29] = static_cast<char>(bytes[29] ^ 1);  // IHDR's CRC
  EXPECT_THAT(
      DecodePng(bytes, 1 << 20),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("broken PNG")));
}

TEST(Png, KnowsItsFirstBytes) {
  EXPECT_FALSE(IsPng(""));
  EXPECT_FALSE(IsPng("\x89PNG\r\n\x1a"));
  EXPECT_TRUE(IsPng("\x89PNG\r\n\x1a\n"));
}

}  // namespace
}  // namespace rtfq
