// A batch cut into parts that do not depend on the number of threads.
#ifndef RTFQ_OPS_BATCH_PARTS_H_
#define RTFQ_OPS_BATCH_PARTS_H_

#include <algorithm>
#include <cstdint>

namespace rtfq::ops {

// At most kMaxParts parts of consecutive images; the first ones have one image
// more where the batch does not divide.
class BatchParts {
 public:
  static constexpr int64_t kMaxParts = 8;

  explicit BatchParts(int64_t batch)  // >= 1
      : count_(std::min(batch, kMaxParts)),
        small_(batch / count_),
        num_large_(batch % count_) {}

  int64_t count() const { return count_; }
  int64_t FirstImage(int64_t part) const {
    return part * small_ + std::min(part, num_large_);
  }
  bool IsLarge(int64_t part) const { return part < num_large_; }
  bool has_large() const { return num_large_ > 0; }
  int64_t small_images() const { return small_; }
  int64_t large_images() const { return small_ + 1; }

 private:
  int64_t count_;
  int64_t small_;
  int64_t num_large_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_BATCH_PARTS_H_
