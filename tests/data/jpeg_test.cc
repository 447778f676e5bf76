#include "rtfq/data/jpeg.h"

#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;

// A slow ramp: nothing that 4:2:0 chroma or quantization would hide.
RgbImage Ramp(int width, int height) {
  RgbImage image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.row(y)[x * 3 + c] = static_cast<uint8_t>(40 + 2 * x + y);
      }
    }
  }
  return image;
}

TEST(Jpeg, EncodesWhatItDecodes) {
  const RgbImage image = Ramp(45, 31);
  ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeJpeg(image, 100));
  EXPECT_TRUE(IsJpeg(bytes));
  ASSERT_OK_AND_ASSIGN(const RgbImage decoded, DecodeJpeg(bytes, 45 * 31));
  ASSERT_EQ(decoded.width, 45);
  ASSERT_EQ(decoded.height, 31);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    // At quality 100 coefficients are rounded to integers: a value is off by
    // half a unit of each of 64, in quadrature 0.5 / sqrt(3) * 8 / 8, thrice.
    ASSERT_LE(std::abs(int{decoded.pixels[i]} - int{image.pixels[i]}), 2) << i;
  }
}

TEST(Jpeg, QualityDecidesTheSize) {
  ASSERT_OK_AND_ASSIGN(const std::string fine, EncodeJpeg(Ramp(64, 64), 95));
  ASSERT_OK_AND_ASSIGN(const std::string coarse, EncodeJpeg(Ramp(64, 64), 20));
  EXPECT_LT(coarse.size(), fine.size());
}

TEST(Jpeg, RefusesEmptyImages) {
  EXPECT_THAT(EncodeJpeg(RgbImage(), 90),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Jpeg, KnowsItsFirstBytes) {
  EXPECT_FALSE(IsJpeg(""));
  EXPECT_FALSE(IsJpeg("\xff\xd8"));
  EXPECT_FALSE(IsJpeg("\x89PNG\r\n\x1a\n"));
  EXPECT_TRUE(IsJpeg("\xff\xd8\xff\xe0"));
}

}  // namespace
}  // namespace rtfq
