#include "rtfq/data/transforms.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/data/test_images.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::ImagesEqual;
using test::IsOk;
using test::Speckled;
using test::StatusIs;
using ::testing::HasSubstr;

TEST(Transforms, FlipEqualsPillow) {
  for (const auto& c : test::ReadCases("flip")) {
    EXPECT_TRUE(ImagesEqual(FlipHorizontal(c.input), c.expected));
    EXPECT_TRUE(ImagesEqual(FlipHorizontal(c.expected), c.input));
  }
}

TEST(Transforms, CenterCropRoundsHalfToEven) {
  // Differences 6 and 5 over 2 are 3 and 2.5, which rounds to 2.
  const RgbImage image = Speckled(16, 15, 1);
  const RgbImage crop = CenterCrop(image, 10);
  ASSERT_EQ(crop.width, 10);
  ASSERT_EQ(crop.height, 10);
  for (int y = 0; y < 10; ++y) {
    for (int i = 0; i < 30; ++i) {
      ASSERT_EQ(crop.row(y)[i], image.row(y + 2)[3 * 3 + i]);
    }
  }
}

TEST(Transforms, NormalizesByMeanAndDeviation) {
  RgbImage image(256, 1);
  for (int x = 0; x < 256; ++x) {
    for (int c = 0; c < 3; ++c)
      image.row(0)[x * 3 + c] = static_cast<uint8_t>(x);
  }
  const TransformOptions o;
  std::vector<float> out(image.pixels.size());
  NormalizeInto(image, o.mean, o.std, View<float>(out.data(), {1, 256, 3}));
  for (int x = 0; x < 256; ++x) {
    for (int c = 0; c < 3; ++c) {
      const double expected =
          (x / 255.0 - static_cast<double>(o.mean[c])) / o.std[c];
      // Rounded once, from double to float.
      EXPECT_NEAR(out[x * 3 + c], expected, std::abs(expected) * 0x1p-24);
    }
  }
}

TEST(Transforms, CropsKeepTheirRanges) {
  const TransformOptions o;
  double smallest = 1, largest = 0, sum = 0;
  constexpr int kTrials = 4000;
  for (uint64_t i = 0; i < kTrials; ++i) {
    Rng rng = Rng(3).Stream(i);
    const Box box = DrawCrop(256, 256, o, rng);
    ASSERT_GE(box.left, 0);
    ASSERT_GE(box.top, 0);
    ASSERT_LE(box.left + box.width, 256);
    ASSERT_LE(box.top + box.height, 256);
    const double share = box.width * box.height / 65536.0;
    const double ratio = static_cast<double>(box.width) / box.height;
    // Sides are rounded: half a pixel of each.
    const double slack = 1.0 / std::min(box.width, box.height);
    ASSERT_GT(ratio, o.min_ratio * (1 - slack));
    ASSERT_LT(ratio, o.max_ratio * (1 + slack));
    smallest = std::min(smallest, share);
    largest = std::max(largest, share);
    sum += share;
  }
  EXPECT_LT(smallest, 0.09);
  EXPECT_GT(smallest, 0.075);
  EXPECT_GT(largest, 0.9);
  // Uniform in 0.08..1, where it fits: at most 0.54 in the mean; wide or high
  // boxes of large area do not fit (an area a needs a ratio in a..1/a).
  EXPECT_GT(sum / kTrials, 0.45);
  EXPECT_LT(sum / kTrials, 0.54);
}

TEST(Transforms, CropsThatNeverFitBecomeTheMiddle) {
  // No box of ratio 3/4..4/3 has half the area of a strip of 10:1.
  TransformOptions o;
  o.min_scale = 0.9;
  Rng rng(1);
  const Box wide = DrawCrop(100, 10, o, rng);
  EXPECT_EQ(wide.width, 13);  // round(10 * 4/3)
  EXPECT_EQ(wide.height, 10);
  EXPECT_EQ(wide.left, (100 - 13) / 2);
  const Box high = DrawCrop(10, 100, o, rng);
  EXPECT_EQ(high.width, 10);
  EXPECT_EQ(high.height, 13);  // round(10 / (3/4))
  EXPECT_EQ(high.top, (100 - 13) / 2);
}

std::vector<float> Train(const RgbImage& image, const TransformOptions& o,
                         uint64_t stream) {
  std::vector<float> out(static_cast<size_t>(o.crop) * o.crop * 3);
  TrainTransform(image, o, Rng(5).Stream(stream),
                 View<float>(out.data(), {o.crop, o.crop, 3}));
  return out;
}

TransformOptions Small() {
  TransformOptions o;
  o.resize = 24;
  o.crop = 16;
  return o;
}

TEST(Transforms, TrainingIsAFunctionOfItsStream) {
  const RgbImage image = Speckled(40, 30, 2);
  EXPECT_EQ(Train(image, Small(), 1), Train(image, Small(), 1));
  EXPECT_NE(Train(image, Small(), 1), Train(image, Small(), 2));
}

TEST(Transforms, BothBeginWithResizing) {
  const RgbImage image = Speckled(40, 30, 3);
  const RgbImage resized = ResizeFirst(image, Small());
  EXPECT_TRUE(ImagesEqual(resized, ResizeBilinear(image, 24, 24)));
  EXPECT_TRUE(ImagesEqual(ResizeFirst(resized, Small()), resized));
  EXPECT_EQ(Train(image, Small(), 9), Train(resized, Small(), 9));
  std::vector<float> direct(16 * 16 * 3), again(16 * 16 * 3);
  TestTransform(image, Small(), View<float>(direct.data(), {16, 16, 3}));
  TestTransform(resized, Small(), View<float>(again.data(), {16, 16, 3}));
  EXPECT_EQ(direct, again);
}

TEST(Transforms, WithoutChanceTrainingIsOnlyResizing) {
  TransformOptions o = Small();
  o.rand_augment_probability = 0;
  o.horizontal_flip = false;
  o.min_scale = o.max_scale = 1;
  o.min_ratio = o.max_ratio = 1;
  const RgbImage image = Speckled(40, 30, 4);
  const RgbImage expected =
      ResizeBilinear(ResizeBilinear(image, 24, 24), 16, 16);
  std::vector<float> out(16 * 16 * 3);
  NormalizeInto(expected, o.mean, o.std, View<float>(out.data(), {16, 16, 3}));
  EXPECT_EQ(Train(image, o, 1), out);
}

TEST(Transforms, HalfOfTheImagesAreFlipped) {
  TransformOptions o = Small();
  o.rand_augment_probability = 0;
  o.min_scale = o.max_scale = 1;
  o.min_ratio = o.max_ratio = 1;
  const RgbImage image = Speckled(24, 24, 5);
  const std::vector<float> straight = [&] {
    TransformOptions plain = o;
    plain.horizontal_flip = false;
    return Train(image, plain, 0);
  }();
  int flipped = 0;
  for (uint64_t i = 0; i < 400; ++i) {
    if (Train(image, o, i) != straight) ++flipped;
  }
  EXPECT_NEAR(flipped, 200, 4 * 10);  // four deviations of sqrt(400/4)
}

TEST(Transforms, ValidateNamesTheField) {
  EXPECT_THAT(Validate(TransformOptions()), IsOk());
  const auto expect = [](auto change, const char* field) {
    TransformOptions o;
    change(o);
    EXPECT_THAT(Validate(o),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(field)));
  };
  expect([](auto& o) { o.resize = 0; }, "resize");
  expect([](auto& o) { o.resize = 1 << 20; }, "resize");
  expect([](auto& o) { o.crop = 257; }, "crop");
  expect([](auto& o) { o.rand_augment_probability = NAN; },
         "rand_augment_probability");
  expect([](auto& o) { o.rand_augment_n = -1; }, "rand_augment_n");
  expect([](auto& o) { o.rand_augment_m = 11; }, "rand_augment_m");
  expect([](auto& o) { o.min_scale = 0; }, "min_scale");
  expect([](auto& o) { o.max_scale = 1.5; }, "max_scale");
  expect([](auto& o) { o.min_ratio = 0; }, "min_ratio");
  expect([](auto& o) { o.max_ratio = 0.5; }, "max_ratio");
  expect([](auto& o) { o.std[1] = 0; }, "std");
}

}  // namespace
}  // namespace rtfq
