#include "rtfq/core/scratch.h"

#include <algorithm>
#include <new>
#include <utility>

namespace rtfq {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

ScratchPool::Block::~Block() {
  if (pool_ != nullptr) pool_->Return(data_, bytes_);
}

ScratchPool::Block::Block(Block&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      data_(other.data_),
      bytes_(other.bytes_) {}

ScratchPool::~ScratchPool() {
  for (const Free& block : free_) ::operator delete(block.data, kAlignment);
}

ScratchPool::Block ScratchPool::Borrow(int64_t bytes) {
  bytes = std::max<int64_t>(bytes, 64);
  const std::lock_guard<std::mutex> lock(mutex_);
  auto best = free_.end();
  for (auto it = free_.begin(); it != free_.end(); ++it) {
    if (it->bytes >= bytes && (best == free_.end() || it->bytes < best->bytes))
      best = it;
  }
  // A block far too large would only make the next large request allocate.
  if (best != free_.end() && best->bytes <= 4 * bytes) {
    const Free block = *best;
    free_.erase(best);
    return Block(this, block.data, block.bytes);
  }
  bytes_allocated_ += bytes;
  return Block(this, ::operator new(static_cast<size_t>(bytes), kAlignment),
               bytes);
}

int64_t ScratchPool::bytes_allocated() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bytes_allocated_;
}

void ScratchPool::Return(void* data, int64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  free_.push_back({data, bytes});
}

}  // namespace rtfq
