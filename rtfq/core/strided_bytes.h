// Tensors that are views of a storage: checked against it and made row-major.
#ifndef RTFQ_CORE_STRIDED_BYTES_H_
#define RTFQ_CORE_STRIDED_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rtfq {

// Element [i, j, ...] is at offset + i * strides[0] + j * strides[1] + ... of
// the storage, counted in elements.
struct StridedLayout {
  int64_t offset = 0;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // as many
};

// PyTorch's own bound.
inline constexpr size_t kMaxStridedDimensions = 64;

// Number of elements. kInvalidArgument where the numbers of dimensions and
// strides differ or are more than kMaxStridedDimensions, where a number is
// negative, where an element lies beyond the first `storage_count` ones, and
// where there are more than `most`.
absl::StatusOr<int64_t> CheckLayout(const StridedLayout& layout,
                                    int64_t storage_count, int64_t most);

// Whether the elements of a layout that was checked lie one behind the other.
bool IsRowMajor(const StridedLayout& layout);

// The elements of a layout that was checked, row-major; each has `size` bytes.
std::string GatherRowMajor(const StridedLayout& layout,
                           std::string_view storage, int64_t size);

}  // namespace rtfq

#endif  // RTFQ_CORE_STRIDED_BYTES_H_
