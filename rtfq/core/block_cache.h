// Large blocks of memory that are used again instead of given back.
#ifndef RTFQ_CORE_BLOCK_CACHE_H_
#define RTFQ_CORE_BLOCK_CACHE_H_

#include <cstdint>
#include <map>
#include <mutex>

namespace rtfq {

// Memory for tensors, aligned to 64 bytes. A pass frees and takes hundreds of
// megabytes in the same sizes again and again; the system would clear every
// page each time, which costs as much as the convolutions of an evaluation.
// Thread-safe; which block a tensor gets never changes a result.
//
// Blocks below kSmallestCached go to operator new. A freed block is kept while
// those in use and those kept together stay below 5/4 of the most that was ever
// in use; the largest goes back first. Under AddressSanitizer nothing is kept,
// so that a use after free is seen.
class BlockCache {
 public:
  static constexpr int64_t kSmallestCached = 64 << 10;

  struct Block {
    void* data = nullptr;
    int64_t bytes = 0;  // its size, at least what was asked for
  };

  struct Counters {
    int64_t in_use_bytes = 0;
    int64_t kept_bytes = 0;
    int64_t most_in_use_bytes = 0;
    int64_t system_bytes = 0;   // ever taken from the system
    int64_t system_blocks = 0;  // constant once warm
  };

  BlockCache() = default;
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  // The cache behind every tensor of the process, as malloc's is.
  static BlockCache& OfProcess();

  // The smallest kept block of `bytes` to 4 * `bytes`, or a new one; its
  // contents are undefined. `bytes` >= 0.
  Block Take(int64_t bytes);
  // `block` as Take() returned it.
  void Return(const Block& block);

  Counters counters() const;

 private:
  void GiveBackFor(int64_t bytes);

  mutable std::mutex mutex_;
  std::multimap<int64_t, void*> kept_;  // by size
  Counters counters_;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_BLOCK_CACHE_H_
