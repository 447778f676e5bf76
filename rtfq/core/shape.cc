#include "rtfq/core/shape.h"

#include "rtfq/core/check.h"

namespace rtfq {

Shape::Shape(std::initializer_list<int64_t> dims)
    : Shape(Of({dims.begin(), dims.size()})) {}

Shape Shape::Of(std::span<const int64_t> dims) {
  RTFQ_CHECK(dims.size() <= kMaxRank);
  Shape shape;
  for (const int64_t dim : dims) {
    RTFQ_CHECK(dim >= 0);
    shape.dims_[shape.rank_++] = dim;
  }
  return shape;
}

int64_t Shape::count() const {
  int64_t count = 1;
  for (int i = 0; i < rank_; ++i) count *= dims_[i];
  return count;
}

std::string Shape::ToString() const {
  std::string text = "[";
  for (int i = 0; i < rank_; ++i) {
    if (i > 0) text += ",";
    text += std::to_string(dims_[i]);
  }
  return text + "]";
}

}  // namespace rtfq
