#include "rtfq/data/synthetic_shapes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

// Area by counting; the figures lie within the unit circle and a little more.
double Area(SyntheticShape shape) {
  constexpr int kSteps = 1000;
  int covered = 0;
  for (int i = 0; i < kSteps; ++i) {
    for (int j = 0; j < kSteps; ++j) {
      const double x = -1.25 + 2.5 * (i + 0.5) / kSteps;
      const double y = -1.25 + 2.5 * (j + 0.5) / kSteps;
      covered += Covers(shape, x, y) ? 1 : 0;
    }
  }
  return covered * (2.5 / kSteps) * (2.5 / kSteps);
}

TEST(SyntheticShapes, HaveTheAreasOfTheirFormulas) {
  using std::numbers::pi;
  // A boundary of length L puts about L cells of 0.0025 in doubt.
  const double tolerance = 8 * 0.0025;
  EXPECT_NEAR(Area(SyntheticShape::kDisc), pi * 0.85 * 0.85, tolerance);
  EXPECT_NEAR(Area(SyntheticShape::kRing), pi * (0.95 * 0.95 - 0.55 * 0.55),
              tolerance);
  EXPECT_NEAR(Area(SyntheticShape::kSquare), 1.44 * 1.44, tolerance);
  EXPECT_NEAR(Area(SyntheticShape::kCross), 2 * 0.54 * 1.9 - 0.54 * 0.54,
              tolerance);
  EXPECT_NEAR(Area(SyntheticShape::kStripes), 1.6 * (0.36 + 2 * (0.8 - 0.46)),
              tolerance);
  // Height 1.5 over a base of 2 * 1.5 / sqrt(3).
  EXPECT_NEAR(Area(SyntheticShape::kTriangle), 1.5 * 1.5 / std::sqrt(3.0),
              tolerance);
  // Ten triangles with two sides 1 and 0.42 and a tenth of a turn between.
  EXPECT_NEAR(Area(SyntheticShape::kStar), 10 * 0.5 * 0.42 * std::sin(pi / 5),
              tolerance);
  // The unit disc without its lens with a disc of r^2 = 0.6, 0.5 away.
  const double d = 0.5, r = std::sqrt(0.6);
  const double lens =
      r * r * std::acos((d * d + r * r - 1) / (2 * d * r)) +
      std::acos((d * d + 1 - r * r) / (2 * d)) -
      0.5 * std::sqrt((-d + r + 1) * (d + r - 1) * (d - r + 1) * (d + r + 1));
  EXPECT_NEAR(Area(SyntheticShape::kCrescent), pi - lens, tolerance);
}

TEST(SyntheticShapes, NamesAreClassFoldersInOrder) {
  const std::vector<std::string> names = SyntheticClassNames();
  EXPECT_EQ(names.size(), static_cast<size_t>(kNumSyntheticShapes));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace rtfq
