// Rows of a batch of logits.
#ifndef RTFQ_TRAIN_LOSSES_ROWS_H_
#define RTFQ_TRAIN_LOSSES_ROWS_H_

#include <cstdint>
#include <span>

#include "rtfq/core/check.h"
#include "rtfq/core/tensor.h"

namespace rtfq {

// Dense [N,K] with N and K >= 1.
template <typename T>
struct Rows {
  explicit Rows(View<T> v) : values(v.span()) {
    RTFQ_CHECK(v.shape().rank() == 2 && v.count() >= 1);
    count = v.shape()[0];
    columns = v.shape()[1];
  }
  std::span<T> operator[](int64_t n) const {
    return values.subspan(n * columns, columns);
  }

  std::span<T> values;
  int64_t count;    // N
  int64_t columns;  // K
};

}  // namespace rtfq

#endif  // RTFQ_TRAIN_LOSSES_ROWS_H_
