// The endless order in which a domain's images are drawn.
#ifndef RTFQ_DATA_EPOCH_ORDER_H_
#define RTFQ_DATA_EPOCH_ORDER_H_

#include <cstdint>
#include <vector>

#include "rtfq/core/random.h"

namespace rtfq {

// Epoch e is rng.Stream(e).Permutation(count); the epochs follow one another
// without a gap. A function of position: nothing has to be replayed to
// continue.
class EpochOrder {
 public:
  // count >= 1.
  EpochOrder(const Rng& rng, int64_t count);

  // The image at a position of the endless sequence, position >= 0. Quick for
  // positions near one another; any position may be asked for at any time.
  int64_t At(int64_t position);

 private:
  const Rng rng_;
  const int64_t count_;
  int64_t epoch_ = -1;
  std::vector<int64_t> permutation_;  // of epoch_
};

}  // namespace rtfq

#endif  // RTFQ_DATA_EPOCH_ORDER_H_
