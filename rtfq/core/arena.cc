#include "rtfq/core/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <new>

#include "rtfq/core/rounding.h"

namespace rtfq {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kReuses = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kReuses = false;
#else
constexpr bool kReuses = true;
#endif
#else
constexpr bool kReuses = true;
#endif

constexpr std::align_val_t kAlignment{64};
constexpr int64_t kUnit = 4 << 10;     // blocks are multiples of a page
constexpr int64_t kGrowth = 32 << 20;  // made usable at a time

}  // namespace

Arena::~Arena() {
  if (base_ != nullptr) ::munmap(base_, static_cast<size_t>(address_bytes_));
}

Arena& Arena::OfProcess() {
  // Never destroyed: tensors in static storage may outlive everything else.
  static auto& arena = *new Arena;
  return arena;
}

bool Arena::Reserve() {
  if (base_ != nullptr || refused_) return base_ != nullptr;
  // Addresses alone: nothing of it counts as memory yet. A limit on them
  // (ulimit -v) leaves room for half of it or more.
  const auto reserve = [this] {
    return ::mmap(nullptr, static_cast<size_t>(address_bytes_), PROT_NONE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  };
  void* range = reserve();
  while (range == MAP_FAILED && address_bytes_ >= 2 * kGrowth) {
    address_bytes_ /= 2;
    range = reserve();
  }
  refused_ = range == MAP_FAILED;
  if (!refused_) base_ = static_cast<char*>(range);
  return !refused_;
}

bool Arena::Grow(int64_t bytes) {
  const int64_t more =
      std::min(RoundUp(bytes, kGrowth), address_bytes_ - usable_bytes_);
  if (more < bytes) return false;
  char* const begin = base_ + usable_bytes_;
  const auto size = static_cast<size_t>(more);
  if (::mprotect(begin, size, PROT_READ | PROT_WRITE) != 0) return false;
  // Only speed depends on it, so a refusal is no error.
  ::madvise(begin, size, MADV_HUGEPAGE);
  AddGap(usable_bytes_, more);
  usable_bytes_ += more;
  return true;
}

int64_t Arena::TakeGap(int64_t bytes) {
  auto best = gaps_.end();
  for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
    if (gap->second < bytes) continue;
    // The last gap is where the range goes on: only if there is no other.
    if (best == gaps_.end() || (gap->second < best->second &&
                                gap->first + gap->second < usable_bytes_)) {
      best = gap;
    }
  }
  if (best == gaps_.end()) return -1;
  const auto [offset, size] = *best;
  gaps_.erase(best);
  if (size > bytes) gaps_.emplace(offset + bytes, size - bytes);
  return offset;
}

void Arena::AddGap(int64_t offset, int64_t bytes) {
  const auto next = gaps_.lower_bound(offset);
  if (next != gaps_.end() && offset + bytes == next->first) {
    bytes += next->second;
    gaps_.erase(next);
  }
  const auto after = gaps_.lower_bound(offset);
  if (after != gaps_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += bytes;
      return;
    }
  }
  gaps_.emplace(offset, bytes);
}

bool Arena::Holds(const void* data) const {
  const auto* const p = static_cast<const char*>(data);
  return base_ != nullptr && p >= base_ && p < base_ + address_bytes_;
}

Arena::Block Arena::Take(int64_t bytes) {
  if (bytes >= kSmallest) {
    bytes = RoundUp(bytes, kUnit);
    const std::lock_guard<std::mutex> lock(mutex_);
    counters_.in_use_bytes += bytes;
    counters_.most_in_use_bytes =
        std::max(counters_.most_in_use_bytes, counters_.in_use_bytes);
    if (kReuses && Reserve()) {
      int64_t offset = TakeGap(bytes);
      if (offset < 0 && Grow(bytes)) offset = TakeGap(bytes);
      if (offset >= 0) {
        const int64_t above = offset + bytes - top_;
        counters_.system_bytes += std::max<int64_t>(above, 0);
        top_ += std::max<int64_t>(above, 0);
        return {base_ + offset, bytes};
      }
    }
    counters_.system_bytes += bytes;
  }
  bytes = std::max<int64_t>(bytes, 1);
  return {::operator new(static_cast<size_t>(bytes), kAlignment), bytes};
}

void Arena::Return(const Block& block) {
  if (block.bytes >= kSmallest) {
    const std::lock_guard<std::mutex> lock(mutex_);
    counters_.in_use_bytes -= block.bytes;
    if (Holds(block.data)) {
      AddGap(static_cast<char*>(block.data) - base_, block.bytes);
      return;
    }
  }
  ::operator delete(block.data, kAlignment);
}

Arena::Counters Arena::counters() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counters_;
}

}  // namespace rtfq
