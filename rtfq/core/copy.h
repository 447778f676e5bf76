// Copying between views whose rows may have gaps.
#ifndef RTFQ_CORE_COPY_H_
#define RTFQ_CORE_COPY_H_

#include <algorithm>
#include <array>
#include <cstdint>

#include "rtfq/core/check.h"
#include "rtfq/core/tensor.h"

namespace rtfq {

// into[i,...] = from[i,...]. The shapes must be equal; the views must not
// overlap.
template <typename T>
void CopyElements(View<const T> from, View<T> into) {
  const Shape& shape = into.shape();
  RTFQ_CHECK(from.shape() == shape);
  if (from.count() == 0) return;
  if (from.IsDense() && into.IsDense()) {
    std::copy_n(from.data(), from.count(), into.data());
    return;
  }
  std::array<int64_t, Shape::kMaxRank> at = {};
  for (int64_t i = 0; i < from.count(); ++i) {
    int64_t source = 0;
    int64_t target = 0;
    for (int d = 0; d < shape.rank(); ++d) {
      source += at[d] * from.stride(d);
      target += at[d] * into.stride(d);
    }
    into.data()[target] = from.data()[source];
    for (int d = shape.rank() - 1; d >= 0 && ++at[d] == shape[d]; --d) {
      at[d] = 0;
    }
  }
}

}  // namespace rtfq

#endif  // RTFQ_CORE_COPY_H_
