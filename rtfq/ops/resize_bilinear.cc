#include "rtfq/ops/resize_bilinear.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

// An output index: between input index `low` and `high`, `weight` of the way.
struct Tap {
  int64_t low;
  int64_t high;
  float weight;
};

std::vector<Tap> TapsOf(int64_t in, int64_t out) {
  std::vector<Tap> taps(out);
  for (int64_t i = 0; i < out; ++i) {
    const int64_t scaled = i * (in - 1);  // position times (out - 1)
    const int64_t divisor = std::max<int64_t>(1, out - 1);
    taps[i].low = scaled / divisor;
    taps[i].high = std::min(taps[i].low + 1, in - 1);
    taps[i].weight = static_cast<float>(static_cast<double>(scaled % divisor) /
                                        static_cast<double>(divisor));
  }
  return taps;
}

RTFQ_MULTIVERSION
void BlendKernel(const float* low, const float* high, float weight,
                 int64_t count, float* __restrict y) {
  const float rest = 1.0f - weight;
  for (int64_t i = 0; i < count; ++i) y[i] = rest * low[i] + weight * high[i];
}

// One output row [w,C] from one row [W,C].
void BlendColumns(const float* x, const std::vector<Tap>& taps,
                  int64_t channels, float* y) {
  for (const Tap& tap : taps) {
    const float* low = x + tap.low * channels;
    const float* high = x + tap.high * channels;
    const float rest = 1.0f - tap.weight;
    for (int64_t c = 0; c < channels; ++c) {
      *y++ = rest * low[c] + tap.weight * high[c];
    }
  }
}

// Inputs that a thread reads at once: a pixel costs several times what an
// element does in most loops.
constexpr int64_t kInputs = kGrain / 4;

}  // namespace

void ResizeAlignCorners(const ThreadPool& threads, View<const float> x,
                        View<float> y) {
  const Shape& from = x.shape();
  const Shape& to = y.shape();
  RTFQ_CHECK(from.rank() == 4 && to.rank() == 4);
  RTFQ_CHECK(from[0] == to[0] && from[3] == to[3]);
  RTFQ_CHECK(x.IsDense() && y.IsDense());
  if (from == to) {
    threads.For(x.count(), kGrain, [&](int64_t begin, int64_t end) {
      std::copy_n(x.data() + begin, end - begin, y.data() + begin);
    });
    return;
  }
  RTFQ_CHECK(from[1] >= 1 && from[2] >= 1 && to[1] >= 1 && to[2] >= 1);
  const std::vector<Tap> rows = TapsOf(from[1], to[1]);
  const std::vector<Tap> columns = TapsOf(from[2], to[2]);
  const int64_t in_row = from[2] * from[3];
  const int64_t out_row = to[2] * to[3];
  const int64_t grain =
      std::max<int64_t>(1, kInputs / std::max<int64_t>(1, in_row));
  threads.For(to[0] * to[1], grain, [&](int64_t begin, int64_t end) {
    std::vector<float> blended(in_row);
    for (int64_t row = begin; row < end; ++row) {
      const float* image = x.data() + row / to[1] * from[1] * in_row;
      const Tap& tap = rows[row % to[1]];
      BlendKernel(image + tap.low * in_row, image + tap.high * in_row,
                  tap.weight, in_row, blended.data());
      BlendColumns(blended.data(), columns, to[3], y.data() + row * out_row);
    }
  });
}

}  // namespace rtfq::ops
