// Memory for large blocks, used again instead of given back.
#ifndef RTFQ_CORE_ARENA_H_
#define RTFQ_CORE_ARENA_H_

#include <cstdint>
#include <map>
#include <mutex>

namespace rtfq {

// Memory for tensors, aligned to 64 bytes. A pass frees and takes hundreds of
// megabytes again and again; the system would clear every page each time, which
// costs as much as the convolutions of an evaluation.
//
// One range of addresses is reserved at first use and filled from its
// beginning: a block goes into the smallest gap that holds it, the lowest of
// those, else behind all others; neighbouring gaps become one. So subnets of
// all sizes share the same memory, and what a pass saves, freed in reverse
// order, leaves it in one piece. The system gives a page when it is first
// written and keeps giving it until the process ends.
//
// Blocks below kSmallest, all blocks under AddressSanitizer, which then sees a
// use after free, and whatever finds no room in the range come from operator
// new. Thread-safe; where a tensor lies never changes a result.
class Arena {
 public:
  static constexpr int64_t kSmallest = 64 << 10;
  static constexpr int64_t kAddressBytes = int64_t{1} << 40;

  struct Block {
    void* data = nullptr;
    int64_t bytes = 0;  // its size, at least what was asked for
  };

  struct Counters {
    int64_t in_use_bytes = 0;
    int64_t most_in_use_bytes = 0;
    // Ever taken from the system, pages not yet written among them; constant
    // once warm.
    int64_t system_bytes = 0;
  };

  explicit Arena(int64_t address_bytes = kAddressBytes)
      : address_bytes_(address_bytes) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // The one behind every tensor of the process, as malloc's is.
  static Arena& OfProcess();

  // A block whose contents are undefined. `bytes` >= 0.
  Block Take(int64_t bytes);
  // `block` as Take() returned it.
  void Return(const Block& block);

  Counters counters() const;

 private:
  // All with mutex_ held; offsets are from base_.
  bool Reserve();
  bool Grow(int64_t bytes);
  int64_t TakeGap(int64_t bytes);  // its offset, or -1
  void AddGap(int64_t offset, int64_t bytes);
  bool Holds(const void* data) const;

  int64_t address_bytes_;  // of the range
  mutable std::mutex mutex_;
  char* base_ = nullptr;
  bool refused_ = false;             // the range, by the system
  int64_t usable_bytes_ = 0;         // of the range, its beginning
  int64_t top_ = 0;                  // end of the highest block there was
  std::map<int64_t, int64_t> gaps_;  // bytes by offset, never adjacent
  Counters counters_;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_ARENA_H_
