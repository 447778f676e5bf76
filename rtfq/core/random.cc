#include "rtfq/core/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "Random123/philox.h"
#include "rtfq/core/check.h"

namespace rtfq {
namespace {

using Philox = r123::Philox4x32;

// Four words for a key, a position and what the position is of: reading and
// splitting never meet.
enum class Use : uint32_t { kRead = 0, kSplit = 1 };

Philox::ctr_type Words(uint64_t key, uint64_t position, Use use) {
  const Philox::ctr_type counter = {{static_cast<uint32_t>(position),
                                     static_cast<uint32_t>(position >> 32),
                                     static_cast<uint32_t>(use), 0}};
  const Philox::key_type words = {
      {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)}};
  return Philox()(counter, words);
}

uint64_t SplitKey(uint64_t key, uint64_t index) {
  const Philox::ctr_type words = Words(key, index, Use::kSplit);
  return (static_cast<uint64_t>(words[1]) << 32) | words[0];
}

// FNV-1a, 64 bits.
uint64_t HashOf(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return hash;
}

}  // namespace

Rng::Rng(uint64_t seed) : state_{SplitKey(seed, 0), 0} {}

Rng Rng::Stream(std::string_view name) const {
  return Rng(State{SplitKey(SplitKey(state_.key, HashOf(name)), 1), 0});
}

Rng Rng::Stream(uint64_t index) const {
  return Rng(State{SplitKey(SplitKey(state_.key, index), 2), 0});
}

uint32_t Rng::Next() {
  const uint64_t position = state_.position++;
  return Words(state_.key, position / 4, Use::kRead)[position % 4];
}

uint64_t Rng::Next64() {
  const uint64_t low = Next();
  return (static_cast<uint64_t>(Next()) << 32) | low;
}

double Rng::Uniform() { return static_cast<double>(Next64() >> 11) * 0x1p-53; }

double Rng::Uniform(double low, double high) {
  return low + (high - low) * Uniform();
}

int64_t Rng::Below(int64_t bound) {
  RTFQ_CHECK(bound >= 1);
  const uint64_t n = static_cast<uint64_t>(bound);
  // Values past the last whole multiple of n would favour small results.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
  uint64_t value = Next64();
  while (value >= limit) value = Next64();
  return static_cast<int64_t>(value % n);
}

double Rng::Normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * Uniform());
}

std::vector<int64_t> Rng::Permutation(int64_t count) {
  RTFQ_CHECK(count >= 0);
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (int64_t i = count - 1; i > 0; --i)
    std::swap(order[i], order[Below(i + 1)]);
  return order;
}

}  // namespace rtfq
