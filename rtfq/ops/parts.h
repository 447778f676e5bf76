// Work cut into parts that do not depend on the number of threads.
#ifndef RTFQ_OPS_PARTS_H_
#define RTFQ_OPS_PARTS_H_

#include <algorithm>
#include <cstdint>

namespace rtfq::ops {

// `n` things in at most kMaxParts parts of consecutive ones; the first parts
// have one thing more where n does not divide.
class Parts {
 public:
  static constexpr int64_t kMaxParts = 8;

  explicit Parts(int64_t n)  // >= 1
      : count_(std::min(n, kMaxParts)),
        small_(n / count_),
        num_large_(n % count_) {}

  int64_t count() const { return count_; }
  int64_t First(int64_t part) const {
    return part * small_ + std::min(part, num_large_);
  }
  bool IsLarge(int64_t part) const { return part < num_large_; }
  bool has_large() const { return num_large_ > 0; }
  int64_t small_size() const { return small_; }
  int64_t large_size() const { return small_ + 1; }
  int64_t SizeOf(int64_t part) const { return small_ + IsLarge(part); }

 private:
  int64_t count_;
  int64_t small_;
  int64_t num_large_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_PARTS_H_
