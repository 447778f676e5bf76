#include "rtfq/data/synthetic_shapes.h"

#include <cmath>
#include <numbers>

#include "rtfq/core/check.h"

namespace rtfq {
namespace {

// Five points: straight edges between radius 1 at the tips and `inner` between.
bool InStar(double x, double y) {
  constexpr double kInner = 0.42;
  constexpr double kHalfSector = std::numbers::pi / 5;
  double angle = std::atan2(y, x);
  if (angle < 0) angle += 2 * std::numbers::pi;
  angle = std::fmod(angle, 2 * kHalfSector);
  if (angle > kHalfSector) angle = 2 * kHalfSector - angle;  // 0 is a tip
  const double r = std::hypot(x, y);
  const double px = r * std::cos(angle), py = r * std::sin(angle);
  // The edge from (1,0) to kInner at the half sector's end.
  const double ex = kInner * std::cos(kHalfSector) - 1;
  const double ey = kInner * std::sin(kHalfSector);
  return ex * py - ey * (px - 1) >= 0;
}

}  // namespace

const char* NameOf(SyntheticShape shape) {
  switch (shape) {
    case SyntheticShape::kCrescent:
      return "crescent";
    case SyntheticShape::kCross:
      return "cross";
    case SyntheticShape::kDisc:
      return "disc";
    case SyntheticShape::kRing:
      return "ring";
    case SyntheticShape::kSquare:
      return "square";
    case SyntheticShape::kStar:
      return "star";
    case SyntheticShape::kStripes:
      return "stripes";
    case SyntheticShape::kTriangle:
      return "triangle";
  }
  RTFQ_CHECK(false);
}

std::vector<std::string> SyntheticClassNames() {
  std::vector<std::string> names;
  for (int i = 0; i < kNumSyntheticShapes; ++i) {
    names.push_back(NameOf(static_cast<SyntheticShape>(i)));
  }
  return names;
}

bool Covers(SyntheticShape shape, double x, double y) {
  const double ax = std::abs(x), ay = std::abs(y), r2 = x * x + y * y;
  switch (shape) {
    case SyntheticShape::kCrescent:
      return r2 < 1 && (x - 0.5) * (x - 0.5) + y * y > 0.6;
    case SyntheticShape::kCross:
      return (ax < 0.27 && ay < 0.95) || (ay < 0.27 && ax < 0.95);
    case SyntheticShape::kDisc:
      return r2 < 0.85 * 0.85;
    case SyntheticShape::kRing:
      return r2 < 0.95 * 0.95 && r2 > 0.55 * 0.55;
    case SyntheticShape::kSquare:
      return ax < 0.72 && ay < 0.72;
    case SyntheticShape::kStar:
      return InStar(x, y);
    case SyntheticShape::kStripes:  // three bars
      return ax < 0.8 && ay < 0.8 && (ay < 0.18 || ay > 0.46);
    case SyntheticShape::kTriangle:  // equilateral
      return y > -0.5 && std::sqrt(3.0) * ax + y < 1;
  }
  RTFQ_CHECK(false);
}

}  // namespace rtfq
