// The learning rate as a pure function of the step.
#ifndef RTFQ_TRAIN_COSINE_SCHEDULE_H_
#define RTFQ_TRAIN_COSINE_SCHEDULE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace rtfq {

// base * (1 + cos(pi * step / total)) / 2 after `step` updates (the first
// update's step is 0): from base down to 0, paper section IV-A. Steps beyond
// `total` have rate 0, a schedule without steps too.
inline double CosineRate(double base, int64_t step, int64_t total) {
  if (total <= 0 || step >= total) return 0;
  const double progress = static_cast<double>(std::max<int64_t>(0, step)) /
                          static_cast<double>(total);
  return base * (1 + std::cos(std::numbers::pi * progress)) / 2;
}

}  // namespace rtfq

#endif  // RTFQ_TRAIN_COSINE_SCHEDULE_H_
