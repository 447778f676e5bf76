#include "rtfq/data/rand_augment.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/data/test_images.h"

namespace rtfq {
namespace {

using test::ImagesEqual;
using test::Speckled;

TEST(RandAugment, IsAFunctionOfItsStream) {
  const RgbImage image = Speckled(16, 12, 1);
  for (uint64_t i = 0; i < 50; ++i) {
    Rng a = Rng(7).Stream(i), b = Rng(7).Stream(i);
    EXPECT_TRUE(ImagesEqual(RandAugment(image, 2, 10, a),
                            RandAugment(image, 2, 10, b)));
    EXPECT_EQ(a.state(), b.state());
  }
}

TEST(RandAugment, NoOperationsDrawNothing) {
  const RgbImage image = Speckled(16, 12, 2);
  Rng rng(1);
  const Rng::State before = rng.state();
  EXPECT_TRUE(ImagesEqual(RandAugment(image, 0, 10, rng), image));
  EXPECT_EQ(rng.state(), before);
}

TEST(RandAugment, LeavesAsManyImagesAloneAsItsProbabilitiesSay) {
  // One operation is applied with probability 1/2. Of the 14 Identity changes
  // nothing; on values that reach 0 and 255 AutoContrast does not either, and
  // Equalize not on so few pixels that (count - last)/255 is 0. The rest always
  // change this image. So 1 - 11/28 stay as they are.
  RgbImage image = Speckled(10, 10, 3);
  for (int c = 0; c < 3; ++c) {
    image.pixels[c] = 0;
    image.pixels[3 + c] = 255;
  }
  constexpr int kTrials = 4000;
  int unchanged = 0;
  for (uint64_t i = 0; i < kTrials; ++i) {
    Rng rng = Rng(11).Stream(i);
    if (RandAugment(image, 1, 10, rng) == image) ++unchanged;
  }
  const double p = 1 - 11.0 / 28;
  const double deviation = std::sqrt(kTrials * p * (1 - p));
  // Some pairs of an operation and a small magnitude change nothing at 10
  // pixels: of TranslateX and TranslateY v = 1, 2, 3 (0.03 v * 10 < 1).
  const double more = kTrials * 0.5 * (2.0 / 14) * (3.0 / 9);
  EXPECT_NEAR(unchanged, kTrials * p + more, 4 * deviation);
}

}  // namespace
}  // namespace rtfq
