#include "rtfq/data/epoch_order.h"

#include "rtfq/core/check.h"

namespace rtfq {

EpochOrder::EpochOrder(const Rng& rng, int64_t count)
    : rng_(rng), count_(count) {
  RTFQ_CHECK(count >= 1);
}

int64_t EpochOrder::At(int64_t position) {
  RTFQ_CHECK(position >= 0);
  const int64_t epoch = position / count_;
  if (epoch != epoch_) {
    permutation_ =
        rng_.Stream(static_cast<uint64_t>(epoch)).Permutation(count_);
    epoch_ = epoch;
  }
  return permutation_[position % count_];
}

}  // namespace rtfq
