// Reusable memory for the inside of an operation.
#ifndef RTFQ_CORE_SCRATCH_H_
#define RTFQ_CORE_SCRATCH_H_

#include <cstdint>
#include <mutex>
#include <vector>

namespace rtfq {

// Blocks aligned to 64 bytes that are kept for the next borrower instead of
// going back to the system. Thread-safe.
class ScratchPool {
 public:
  // A block until it goes out of scope; its contents are undefined.
  class Block {
   public:
    Block(ScratchPool* pool, void* data, int64_t bytes)
        : pool_(pool), data_(data), bytes_(bytes) {}
    ~Block();
    Block(Block&& other) noexcept;
    Block& operator=(Block&&) = delete;

    void* data() const { return data_; }
    template <typename T>
    T* as() const {
      return static_cast<T*>(data_);
    }

   private:
    ScratchPool* pool_;
    void* data_;
    int64_t bytes_;
  };

  ScratchPool() = default;
  ~ScratchPool();
  ScratchPool(const ScratchPool&) = delete;
  ScratchPool& operator=(const ScratchPool&) = delete;

  // At least `bytes` >= 0 bytes: the smallest free block that holds them and is
  // at most four times as large, or a new one.
  Block Borrow(int64_t bytes);

  // Bytes the pool has ever taken from the system; constant once warm.
  int64_t bytes_allocated() const;

 private:
  struct Free {
    void* data;
    int64_t bytes;
  };
  void Return(void* data, int64_t bytes);

  mutable std::mutex mutex_;
  std::vector<Free> free_;
  int64_t bytes_allocated_ = 0;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_SCRATCH_H_
