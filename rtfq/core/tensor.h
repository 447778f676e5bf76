// Tensors that own, views that do not.
#ifndef RTFQ_CORE_TENSOR_H_
#define RTFQ_CORE_TENSOR_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include "rtfq/core/arena.h"
#include "rtfq/core/check.h"
#include "rtfq/core/shape.h"

namespace rtfq {

// Elements of a tensor that somebody else keeps alive, perhaps with gaps
// between rows: a prefix of a supernet's weight is a View, not a copy.
template <typename T>
class View {
 public:
  View() = default;
  // Dense, row-major.
  View(T* data, const Shape& shape) : data_(data), shape_(shape) {
    int64_t stride = 1;
    for (int i = shape.rank() - 1; i >= 0; --i) {
      strides_[i] = stride;
      stride *= shape[i];
    }
  }
  // A View<T> reads as a View<const T>.
  operator View<const T>() const {  // NOLINT: as T* to const T*
    return View<const T>(data_, shape_, strides_);
  }
  View(T* data, const Shape& shape,
       const std::array<int64_t, Shape::kMaxRank>& strides)
      : data_(data), shape_(shape), strides_(strides) {}

  T* data() const { return data_; }
  const Shape& shape() const { return shape_; }
  int64_t count() const { return shape_.count(); }
  // In elements.
  int64_t stride(int i) const { return strides_[i]; }

  bool IsDense() const {
    if (count() == 0) return true;
    int64_t expected = 1;
    for (int i = shape_.rank() - 1; i >= 0; --i) {
      if (shape_[i] != 1 && strides_[i] != expected) return false;
      expected *= shape_[i];
    }
    return true;
  }

  // The first `shape[i]` indices of every dimension i; no copy.
  View Prefix(const Shape& shape) const {
    RTFQ_CHECK(shape.rank() == shape_.rank());
    for (int i = 0; i < shape.rank(); ++i) RTFQ_CHECK(shape[i] <= shape_[i]);
    return View(data_, shape, strides_);
  }

  // All elements in order; the view must be dense.
  std::span<T> span() const {
    RTFQ_CHECK(IsDense());
    return {data_, static_cast<size_t>(count())};
  }

 private:
  T* data_ = nullptr;
  Shape shape_{0};
  std::array<int64_t, Shape::kMaxRank> strides_ = {};
};

// A dense row-major array that owns its elements, aligned to 64 bytes. It is a
// handle: copying shares the elements, Clone() copies them. No op writes into a
// tensor it was given to read.
template <typename T>
class TensorOf {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  TensorOf() = default;  // shape [0]
  static TensorOf Uninitialized(const Shape& shape) {
    TensorOf tensor;
    tensor.shape_ = shape;
    const Arena::Block block = Arena::OfProcess().Take(
        shape.count() * static_cast<int64_t>(sizeof(T)));
    tensor.data_ =
        std::shared_ptr<T[]>(static_cast<T*>(block.data),
                             [block](T*) { Arena::OfProcess().Return(block); });
    return tensor;
  }
  static TensorOf Filled(const Shape& shape, T value) {
    TensorOf tensor = Uninitialized(shape);
    std::fill_n(tensor.data(), tensor.count(), value);
    return tensor;
  }
  static TensorOf Zeros(const Shape& shape) { return Filled(shape, T{}); }
  static TensorOf CopyOf(std::span<const T> values, const Shape& shape) {
    RTFQ_CHECK(static_cast<int64_t>(values.size()) == shape.count());
    TensorOf tensor = Uninitialized(shape);
    std::copy(values.begin(), values.end(), tensor.data());
    return tensor;
  }
  TensorOf Clone() const { return CopyOf(span(), shape_); }

  // The same elements under another shape of equal count.
  TensorOf Reshaped(const Shape& shape) const {
    RTFQ_CHECK(shape.count() == shape_.count());
    TensorOf tensor = *this;
    tensor.shape_ = shape;
    return tensor;
  }

  const Shape& shape() const { return shape_; }
  int64_t count() const { return shape_.count(); }
  bool empty() const { return count() == 0; }
  // A handle gives its elements to whoever holds it, as a pointer would.
  T* data() const { return data_.get(); }
  View<T> view() const { return View<T>(data(), shape_); }
  std::span<T> span() const { return {data(), static_cast<size_t>(count())}; }
  operator View<T>() const { return view(); }        // NOLINT
  operator View<const T>() const { return view(); }  // NOLINT

 private:
  Shape shape_{0};
  std::shared_ptr<T[]> data_;
};

using Tensor = TensorOf<float>;

}  // namespace rtfq

#endif  // RTFQ_CORE_TENSOR_H_
