// The classes of the synthetic domains: plain figures.
#ifndef RTFQ_DATA_SYNTHETIC_SHAPES_H_
#define RTFQ_DATA_SYNTHETIC_SHAPES_H_

#include <string>
#include <vector>

namespace rtfq {

// In alphabetical order, as class folders are.
enum class SyntheticShape {
  kCrescent,
  kCross,
  kDisc,
  kRing,
  kSquare,
  kStar,
  kStripes,
  kTriangle,
};
inline constexpr int kNumSyntheticShapes = 8;

const char* NameOf(SyntheticShape shape);

// All names, in order.
std::vector<std::string> SyntheticClassNames();

// Whether the figure, of radius 1 around the origin, covers the point.
bool Covers(SyntheticShape shape, double x, double y);

}  // namespace rtfq

#endif  // RTFQ_DATA_SYNTHETIC_SHAPES_H_
