#include "rtfq/core/strided_bytes.h"

#include "absl/strings/str_cat.h"

namespace rtfq {
namespace {

int64_t CountOf(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t dim : shape) count *= dim;
  return count;
}

bool HasNone(const std::vector<int64_t>& shape) {
  for (const int64_t dim : shape) {
    if (dim == 0) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<int64_t> CheckLayout(const StridedLayout& layout,
                                    int64_t storage_count, int64_t most) {
  if (layout.shape.size() != layout.strides.size() ||
      layout.shape.size() > kMaxStridedDimensions) {
    return absl::InvalidArgumentError(absl::StrCat(
        "has ", layout.shape.size(), " dimensions and ", layout.strides.size(),
        " strides; want as many, at most ", kMaxStridedDimensions));
  }
  bool negative = layout.offset < 0, overflow = false;
  int64_t count = 1, last = layout.offset;
  const bool empty = HasNone(layout.shape);
  for (size_t i = 0; i < layout.shape.size(); ++i) {
    const int64_t dim = layout.shape[i], stride = layout.strides[i];
    negative |= dim < 0 || stride < 0;
    overflow |= __builtin_mul_overflow(count, dim, &count);
    if (empty || negative) continue;
    int64_t step = 0;
    overflow |= __builtin_mul_overflow(dim - 1, stride, &step);
    overflow |= __builtin_add_overflow(last, step, &last);
  }
  if (negative) {
    return absl::InvalidArgumentError(
        "has a negative dimension, stride or offset");
  }
  if (empty && !overflow) return 0;
  if (overflow || last >= storage_count) {
    return absl::InvalidArgumentError(absl::StrCat(
        "reaches to element ", overflow ? "2^63 or more" : absl::StrCat(last),
        ", but its storage has ", storage_count, " elements"));
  }
  if (count > most) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", count, " elements; the file could hold ", most,
                     " more at four times its size"));
  }
  return count;
}

bool IsRowMajor(const StridedLayout& layout) {
  if (HasNone(layout.shape)) return true;
  int64_t dense = 1;
  for (size_t i = layout.shape.size(); i-- > 0;) {
    if (layout.shape[i] == 1) continue;
    if (layout.strides[i] != dense) return false;
    dense *= layout.shape[i];
  }
  return true;
}

std::string GatherRowMajor(const StridedLayout& layout,
                           std::string_view storage, int64_t size) {
  std::string gathered;
  int64_t left = CountOf(layout.shape);
  gathered.reserve(left * size);
  std::vector<int64_t> index(layout.shape.size(), 0);
  int64_t at = layout.offset;
  for (; left > 0; --left) {
    gathered.append(storage.substr(at * size, size));
    for (size_t i = index.size(); i-- > 0;) {
      if (++index[i] < layout.shape[i]) {
        at += layout.strides[i];
        break;
      }
      // The stride of a dimension of one element may be anything: not added.
      at -= (index[i] - 1) * layout.strides[i];
      index[i] = 0;
    }
  }
  return gathered;
}

}  // namespace rtfq
