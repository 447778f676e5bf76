// One axis of a chart: where values lie and which of them are named.
#ifndef RTFQ_EVAL_AXIS_H_
#define RTFQ_EVAL_AXIS_H_

#include <string>
#include <vector>

namespace rtfq {

enum class Scale { kLinear, kLog };
enum class TickFormat { kSi, kPercent };  // "1.5 G"; 0.85 as "85 %"

struct Tick {
  double value = 0;
  std::string label;
};

// Maps values to 0..1 over a range with a margin, so that no mark touches the
// frame. A value.
class Axis {
 public:
  // Covers `low`..`high` (any order, finite). With kLog both must be > 0, or
  // the axis becomes linear. With kPercent the margin stops at 0 and 1.
  Axis(double low, double high, Scale scale, TickFormat format);

  // 0 at the lower end of the axis, 1 at the upper one.
  double PositionOf(double value) const;

  // Round numbers inside the range, ascending: multiples of 1, 2 or 5 times a
  // power of ten; at least one, about `count`, and with kLog any of those three
  // times powers of ten. Their labels have as many digits as tell them apart.
  std::vector<Tick> Ticks(int count) const;

 private:
  std::vector<double> LinearTicks(int count) const;
  std::vector<double> LogTicks(int count) const;
  std::string Label(double tick, int digits) const;

  double low_;
  double high_;
  Scale scale_;
  TickFormat format_;
};

}  // namespace rtfq

#endif  // RTFQ_EVAL_AXIS_H_
