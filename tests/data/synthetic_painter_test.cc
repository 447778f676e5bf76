#include "rtfq/data/synthetic_painter.h"

#include <cmath>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

double MeanOf(const RgbImage& image) {
  double sum = 0;
  for (const uint8_t value : image.pixels) sum += value;
  return sum / static_cast<double>(image.pixels.size());
}

TEST(Texture, StaysWithinOne) {
  for (uint64_t i = 0; i < 30; ++i) {
    Rng rng = Rng(1).Stream(i);
    const Texture texture(64, rng);
    double low = 1, high = -1;
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) {
        const double value = texture.At(x, y);
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
    EXPECT_GE(low, -1);
    EXPECT_LE(high, 1);
    EXPECT_GT(high - low, 0.5) << "texture " << i << " is flat";
  }
}

TEST(Canvas, PaintsTheFiguresArea) {
  Rng rng(2);
  const Texture none(64, rng);
  Canvas canvas(64, {0, 0, 0});
  canvas.Paint(SyntheticShape::kSquare, {32, 30, 20, 0.3}, {255, 255, 255},
               none, {});
  // A square of side 1.44 * 20 of white; samples at the edge may be wrong by
  // half a sample of 1/3 pixel along a perimeter of 4 * 28.8.
  const double expected = 255 * 28.8 * 28.8 / (64 * 64);
  EXPECT_NEAR(MeanOf(canvas.ToImage()), expected,
              255 * (4 * 28.8 / 6) / (64 * 64));
}

TEST(Canvas, FiguresMayReachBeyondTheEdge) {
  Rng rng(3);
  const Texture none(16, rng);
  Canvas canvas(16, {0, 0, 0});
  canvas.Paint(SyntheticShape::kDisc, {-2, 17, 40, 1}, {200, 200, 200}, none,
               {});
  EXPECT_NEAR(MeanOf(canvas.ToImage()), 200, 1e-9);
}

TEST(Canvas, NoiseHasItsDeviation) {
  Rng rng(4);
  Canvas canvas(64, {128, 128, 128});
  canvas.AddNoise(10, rng);
  const RgbImage image = canvas.ToImage();
  double squares = 0;
  for (const uint8_t value : image.pixels) {
    squares += (value - 128.0) * (value - 128.0);
  }
  const double count = static_cast<double>(image.pixels.size());
  // The variance of 12288 samples is known to sqrt(2/12288); rounding to
  // integers adds 1/12.
  EXPECT_NEAR(squares / count, 100 + 1.0 / 12, 4 * 100 * std::sqrt(2 / count));
  EXPECT_NEAR(MeanOf(image), 128, 4 * 10 / std::sqrt(count));
}

TEST(Canvas, LightKeepsTheMean) {
  Rng rng(5);
  Canvas canvas(32, {128, 128, 128});
  canvas.AddLight(40, rng);
  // Pixel 0 is at -16 and pixel 31 at 15: half a pixel of slope is left.
  EXPECT_NEAR(MeanOf(canvas.ToImage()), 128, 40.0 / 32);
  EXPECT_NE(canvas.ToImage(), Canvas(32, {128, 128, 128}).ToImage());
}

}  // namespace
}  // namespace rtfq
