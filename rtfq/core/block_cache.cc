#include "rtfq/core/block_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>
#include <new>

namespace rtfq {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeep = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kKeep = false;
#else
constexpr bool kKeep = true;
#endif
#else
constexpr bool kKeep = true;
#endif

constexpr std::align_val_t kAlignment{64};
constexpr int64_t kHugePage = 2 << 20;
constexpr int64_t kSizesPerDoubling = 8;
constexpr int64_t kLargestWaste = 4;

// Few sizes serve many: at most an eighth more than asked for.
int64_t RoundedUp(int64_t bytes) {
  const auto octave =
      static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(bytes)));
  const int64_t grain = octave / kSizesPerDoubling;
  return (bytes + grain - 1) / grain * grain;
}

bool IsHuge(int64_t bytes) { return bytes >= 2 * kHugePage; }

void* FromSystem(int64_t bytes) {
  const auto size = static_cast<size_t>(bytes);
  if (!IsHuge(bytes)) return ::operator new(size, kAlignment);
  void* data = ::operator new (size, std::align_val_t{kHugePage});
  // Only speed depends on it, so a refusal is no error.
  ::madvise(data, size, MADV_HUGEPAGE);
  return data;
}

void ToSystem(void* data, int64_t bytes) {
  ::operator delete(data,
                    IsHuge(bytes) ? std::align_val_t{kHugePage} : kAlignment);
}

}  // namespace

BlockCache::~BlockCache() {
  for (const auto& [bytes, data] : kept_) ToSystem(data, bytes);
}

BlockCache& BlockCache::OfProcess() {
  // Never destroyed: tensors in static storage may outlive everything else.
  static auto& cache = *new BlockCache;
  return cache;
}

BlockCache::Block BlockCache::Take(int64_t bytes) {
  if (bytes < kSmallestCached) {
    bytes = std::max<int64_t>(bytes, 1);
    return {::operator new(static_cast<size_t>(bytes), kAlignment), bytes};
  }
  Block block;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto best = kept_.lower_bound(bytes);
    if (best != kept_.end() && best->first <= kLargestWaste * bytes) {
      block = {best->second, best->first};
      kept_.erase(best);
      counters_.kept_bytes -= block.bytes;
    } else {
      block.bytes = RoundedUp(bytes);
      GiveBackFor(block.bytes);
      counters_.system_bytes += block.bytes;
      ++counters_.system_blocks;
    }
    counters_.in_use_bytes += block.bytes;
    counters_.most_in_use_bytes =
        std::max(counters_.most_in_use_bytes, counters_.in_use_bytes);
  }
  if (block.data == nullptr) block.data = FromSystem(block.bytes);
  return block;
}

void BlockCache::GiveBackFor(int64_t bytes) {
  const int64_t in_use = counters_.in_use_bytes + bytes;
  const int64_t most = std::max(counters_.most_in_use_bytes, in_use);
  while (!kept_.empty() && in_use + counters_.kept_bytes > most + most / 4) {
    const auto largest = std::prev(kept_.end());
    counters_.kept_bytes -= largest->first;
    ToSystem(largest->second, largest->first);
    kept_.erase(largest);
  }
}

void BlockCache::Return(const Block& block) {
  if (block.bytes < kSmallestCached) {
    ::operator delete(block.data, kAlignment);
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    counters_.in_use_bytes -= block.bytes;
    if (kKeep) {
      kept_.emplace(block.bytes, block.data);
      counters_.kept_bytes += block.bytes;
      return;
    }
  }
  ToSystem(block.data, block.bytes);
}

BlockCache::Counters BlockCache::counters() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counters_;
}

}  // namespace rtfq
