#include "rtfq/ops/dot.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/ops/lanes.h"
#include "rtfq/ops/pieces.h"
#include "rtfq/ops/simd.h"

namespace rtfq::ops {
namespace {

RTFQ_MULTIVERSION
void ProductsKernel(const float* a, const float* b, int64_t count,
                    float* __restrict products) {
  for (int64_t i = 0; i < count; ++i) products[i] = a[i] * b[i];
}

// In blocks whose products stay in the first-level cache.
double DotOfPiece(const float* a, const float* b, int64_t count) {
  constexpr int64_t kBlock = 1024;
  alignas(64) float products[kBlock];
  double lanes[kLanes] = {};
  for (int64_t i = 0; i < count; i += kBlock) {
    const int64_t size = std::min(kBlock, count - i);
    ProductsKernel(a + i, b + i, size, products);
    AddToLanes(products, size, lanes);
  }
  return SumOfLanes(lanes);
}

}  // namespace

double Dot(const ThreadPool& threads, View<const float> a,
           View<const float> b) {
  RTFQ_CHECK(a.shape() == b.shape() && a.IsDense() && b.IsDense());
  const Pieces pieces(Shape{a.count()});
  std::vector<double> sums(pieces.count());
  pieces.ForEach(
      threads, [&](int64_t piece, int64_t, int64_t begin, int64_t size) {
        sums[piece] = DotOfPiece(a.data() + begin, b.data() + begin, size);
      });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace rtfq::ops
