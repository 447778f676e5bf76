#include "rtfq/data/resize.h"

#include "gtest/gtest.h"
#include "tests/data/test_images.h"

namespace rtfq {
namespace {

using test::ImagesEqual;
using test::ReadCases;
using test::Speckled;

TEST(ResizeBilinear, EqualsPillow) {
  for (const auto& c : ReadCases("resize")) {
    SCOPED_TRACE(c.file);
    EXPECT_TRUE(
        ImagesEqual(ResizeBilinear(c.input, static_cast<int>(c.arguments[0]),
                                   static_cast<int>(c.arguments[1])),
                    c.expected));
  }
}

TEST(CropAndResizeBilinear, EqualsPillowsCropThenResize) {
  for (const auto& c : ReadCases("crop_and_resize")) {
    SCOPED_TRACE(c.file);
    const auto argument = [&](int i) {
      return static_cast<int>(c.arguments[i]);
    };
    EXPECT_TRUE(ImagesEqual(
        CropAndResizeBilinear(
            c.input, {argument(0), argument(1), argument(2), argument(3)},
            argument(4), argument(5)),
        c.expected));
  }
}

TEST(CropAndResizeBilinear, IgnoresPixelsOutsideTheBox) {
  RgbImage image = Speckled(20, 15, 1);
  const Box box = {6, 4, 9, 7};
  const RgbImage before = CropAndResizeBilinear(image, box, 12, 5);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const bool inside = x >= 6 && x < 15 && y >= 4 && y < 11;
      if (!inside) image.row(y)[x * 3] ^= 0xff;
    }
  }
  EXPECT_TRUE(ImagesEqual(CropAndResizeBilinear(image, box, 12, 5), before));
}

TEST(ResizeBilinear, KeepsOneColour) {
  RgbImage image(31, 17);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<uint8_t>(10 + 100 * (i % 3));
  }
  for (const int side : {1, 5, 16, 33, 100}) {
    const RgbImage out = ResizeBilinear(image, side, side + 1);
    for (size_t i = 0; i < out.pixels.size(); ++i) {
      ASSERT_EQ(out.pixels[i], 10 + 100 * (i % 3)) << side << " at " << i;
    }
  }
}

}  // namespace
}  // namespace rtfq
