#include "rtfq/eval/axis.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "rtfq/core/check.h"
#include "rtfq/eval/number_format.h"

namespace rtfq {
namespace {

constexpr double kMargin = 0.05;  // of the range, at each end

// The nearest, by ratio, of 1, 2 and 5 times a power of ten to `value` > 0.
double NiceStep(double value) {
  const double power = std::pow(10.0, std::floor(std::log10(value)));
  const double factor = value / power;  // 1 to 10
  if (factor < std::sqrt(1.0 * 2)) return power;
  if (factor < std::sqrt(2.0 * 5)) return 2 * power;
  if (factor < std::sqrt(5.0 * 10)) return 5 * power;
  return 10 * power;
}

}  // namespace

Axis::Axis(double low, double high, Scale scale, TickFormat format)
    : low_(std::min(low, high)),
      high_(std::max(low, high)),
      scale_(scale == Scale::kLog && low_ > 0 ? Scale::kLog : Scale::kLinear),
      format_(format) {
  RTFQ_CHECK(std::isfinite(low) && std::isfinite(high));
  if (scale_ == Scale::kLog) {
    const double factor = std::max(std::pow(high_ / low_, kMargin), 1.05);
    low_ /= factor;
    high_ *= factor;
    return;
  }
  double margin = kMargin * (high_ - low_);
  // A single value gets a range around it.
  if (margin <= 1e-12 * std::abs(high_)) margin = 0.1 * std::abs(high_);
  if (margin == 0) margin = 0.1;
  low_ -= margin;
  high_ += margin;
  if (format_ == TickFormat::kPercent) {
    low_ = std::max(low_, std::min(0.0, low_ + margin));
    high_ = std::min(high_, std::max(1.0, high_ - margin));
  }
}

double Axis::PositionOf(double value) const {
  if (scale_ == Scale::kLog) {
    if (value <= 0) return 0;
    return std::log(value / low_) / std::log(high_ / low_);
  }
  return (value - low_) / (high_ - low_);
}

std::vector<Tick> Axis::Ticks(int count) const {
  RTFQ_CHECK(count >= 1);
  std::vector<double> values;
  if (scale_ == Scale::kLog) values = LogTicks(count);
  // Less than a decade has few such numbers; linear ones say more.
  if (values.size() < 3) values = LinearTicks(count);

  constexpr int kMostDigits = 12;
  std::vector<Tick> ticks;
  for (int digits = 3; digits <= kMostDigits; ++digits) {
    ticks.clear();
    bool distinct = true;
    for (const double value : values) {
      std::string label = Label(value, digits);
      distinct &= ticks.empty() || ticks.back().label != label;
      ticks.push_back({value, std::move(label)});
    }
    if (distinct) break;
  }
  return ticks;
}

std::vector<double> Axis::LinearTicks(int count) const {
  const double step = NiceStep((high_ - low_) / count);
  std::vector<double> ticks;
  const double first = std::ceil(low_ / step - 1e-9);
  for (double k = first; k <= high_ / step + 1e-9; ++k) {
    ticks.push_back(k == 0 ? 0.0 : k * step);
  }
  if (ticks.empty()) ticks.push_back((low_ + high_) / 2);
  return ticks;
}

std::vector<double> Axis::LogTicks(int count) const {
  std::vector<double> all;
  std::vector<double> powers;
  for (double e = std::floor(std::log10(low_)); e <= std::log10(high_); ++e) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10.0, e);
      if (tick < low_ || tick > high_) continue;
      all.push_back(tick);
      if (factor == 1.0) powers.push_back(tick);
    }
  }
  if (static_cast<int>(all.size()) <= 2 * count) return all;
  // Over many decades, every second, third, ... of them.
  const size_t stride = (powers.size() + 2 * count - 1) / (2 * count);
  std::vector<double> ticks;
  for (size_t i = 0; i < powers.size(); i += stride) ticks.push_back(powers[i]);
  return ticks;
}

std::string Axis::Label(double tick, int digits) const {
  if (format_ == TickFormat::kSi) return FormatSiShort(tick, digits);
  return absl::StrFormat("%.*g %%", digits, 100 * tick);
}

}  // namespace rtfq
