// Cutting a view with dense rows into pieces that threads can share.
#ifndef RTFQ_OPS_PIECES_H_
#define RTFQ_OPS_PIECES_H_

#include <algorithm>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "rtfq/core/check.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/shape.h"
#include "rtfq/core/tensor.h"

namespace rtfq::ops {

// Elements worth handing to a thread: 128 KiB of floats.
inline constexpr int64_t kGrain = 32768;

// Distance between rows, that is between indices of the outermost dimension.
// Within a row the view must be dense: a dense tensor, or the prefix of a
// supernet's weight.
template <typename T>
int64_t RowStride(View<T> v) {
  int64_t expected = 1;
  for (int i = v.shape().rank() - 1; i >= 1; --i) {
    RTFQ_CHECK(v.shape()[i] == 1 || v.stride(i) == expected);
    expected *= v.shape()[i];
  }
  return v.shape().rank() > 1 ? v.stride(0) : 0;
}

// A shape as pieces of at most kGrain elements, none across two rows. They
// depend on the shape alone: a dense copy of a prefix is cut like the prefix,
// so their sums are equal bit for bit.
class Pieces {
 public:
  explicit Pieces(const Shape& shape) {
    rows_ = shape.rank() > 1 ? shape[0] : 1;
    length_ = rows_ == 0 ? 0 : shape.count() / rows_;
    per_row_ = (length_ + kGrain - 1) / kGrain;
  }
  int64_t count() const { return rows_ * per_row_; }

  // body(piece, row, begin, size): elements [begin, begin + size) of `row`.
  void ForEach(
      const ThreadPool& threads,
      absl::FunctionRef<void(int64_t, int64_t, int64_t, int64_t)> body) const {
    if (count() == 0) return;
    const int64_t size = std::min(length_, kGrain);
    threads.For(count(), std::max<int64_t>(1, kGrain / size),
                [&](int64_t first, int64_t last) {
                  for (int64_t piece = first; piece < last; ++piece) {
                    const int64_t begin = piece % per_row_ * kGrain;
                    body(piece, piece / per_row_, begin,
                         std::min(kGrain, length_ - begin));
                  }
                });
  }

 private:
  int64_t rows_;
  int64_t length_;   // elements of a row
  int64_t per_row_;  // pieces of a row
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_PIECES_H_
