#include "rtfq/data/png.h"

#include <cstdint>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/zip_bytes.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

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

// A column of 64 million pixels is a small file, and 50 GB on its way to 256
// pixels of width.
TEST(Png, RefusesLongSides) {
  std::string bytes = test::ReadTestData("decode/rgb.png");
  const auto set = [&](int64_t width, int64_t height) {
    for (int i = 0; i < 4; ++i) {
      bytes[16 + i] = static_cast<char>(width >> (24 - 8 * i));
      bytes[20 + i] = static_cast<char>(height >> (24 - 8 * i));
    }
    const uint32_t crc = SlowCrc32(bytes.substr(12, 17));
    for (int i = 0; i < 4; ++i) {
      bytes[29 + i] = static_cast<char>(crc >> (24 - 8 * i));
    }
  };
  for (const auto& [width, height] : {std::pair{1, 65501}, {65501, 1}}) {
    set(width, height);
    EXPECT_THAT(DecodePng(bytes, 64 << 20),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("65500 a side")));
  }
  set(65500, 1);
  EXPECT_THAT(
      DecodePng(bytes, 64 << 20),
      StatusIs(absl::StatusCode::kInvalidArgument, Not(HasSubstr("a side"))));
}

TEST(Png, KnowsItsFirstBytes) {
  EXPECT_FALSE(IsPng(""));
  EXPECT_FALSE(IsPng("\x89PNG\r\n\x1a"));
  EXPECT_TRUE(IsPng("\x89PNG\r\n\x1a\n"));
}

}  // namespace
}  // namespace rtfq
