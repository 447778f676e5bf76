#include "rtfq/ops/prefix.h"

#include <algorithm>
#include <cstdint>

#include "rtfq/core/check.h"
#include "rtfq/ops/pieces.h"

namespace rtfq::ops {
namespace {

constexpr int64_t kCopyGrain = 16384;  // elements

// The length of a row in elements that lie next to each other, and the number
// of rows: [O, I, K, K] cut to fewer I still has dense [I, K, K].
int64_t RowLength(View<const float> view) {
  int64_t length = 1;
  for (int i = 1; i < view.shape().rank(); ++i) length *= view.shape()[i];
  return length;
}

template <typename Body>
void ForRows(const ThreadPool& threads, View<const float> prefix, Body body) {
  const int64_t row = RowLength(prefix), stride = RowStride(prefix);
  RTFQ_CHECK(prefix.shape().rank() >= 2 && row > 0);
  const int64_t grain = std::max<int64_t>(1, kCopyGrain / row);
  threads.For(prefix.shape()[0], grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      body(i * stride, i * row, row);
    }
  });
}

}  // namespace

void CopyPrefix(const ThreadPool& threads, View<const float> prefix,
                View<float> dense) {
  RTFQ_CHECK(prefix.shape() == dense.shape() && dense.IsDense());
  ForRows(threads, prefix, [&](int64_t from, int64_t to, int64_t length) {
    std::copy_n(prefix.data() + from, length, dense.data() + to);
  });
}

void AddToPrefix(const ThreadPool& threads, View<const float> dense,
                 View<float> prefix) {
  RTFQ_CHECK(prefix.shape() == dense.shape() && dense.IsDense());
  ForRows(threads, prefix, [&](int64_t to, int64_t from, int64_t length) {
    const float* added = dense.data() + from;
    float* sum = prefix.data() + to;
    for (int64_t i = 0; i < length; ++i) sum[i] += added[i];
  });
}

}  // namespace rtfq::ops
