// Random numbers that are functions of a seed, a name and a position.
#ifndef RTFQ_CORE_RANDOM_H_
#define RTFQ_CORE_RANDOM_H_

#include <cstdint>
#include <string_view>
#include <vector>

namespace rtfq {

// A counter-based stream (Philox 4x32-10, Salmon et al. 2011). Streams split by
// name and index are independent of each other and of how far the parent was
// read, so an image's augmentation can be drawn by any thread, in any order:
//
//   Rng rng = Rng(seed).Stream("augment").Stream(step).Stream(image);
//
// A value of two words; whoever keeps {key, position} can continue it exactly.
class Rng {
 public:
  struct State {
    uint64_t key = 0;
    uint64_t position = 0;
    bool operator==(const State&) const = default;
  };

  explicit Rng(uint64_t seed);
  explicit Rng(const State& state) : state_(state) {}

  Rng Stream(std::string_view name) const;
  Rng Stream(uint64_t index) const;

  uint32_t Next();
  uint64_t Next64();
  // In [0, 1), 53 random bits.
  double Uniform();
  double Uniform(double low, double high);
  // In [0, bound), every value equally likely; bound >= 1.
  int64_t Below(int64_t bound);
  // Normal with mean 0 and deviation 1.
  double Normal();
  // 0..count-1 in random order; count >= 0.
  std::vector<int64_t> Permutation(int64_t count);

  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_RANDOM_H_
