// The dimensions of a tensor.
#ifndef RTFQ_CORE_SHAPE_H_
#define RTFQ_CORE_SHAPE_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace rtfq {

// At most four dimensions, each >= 0, outermost first: [N,H,W,C], [O,I,K,K],
// [N,classes], [C]. A value.
class Shape {
 public:
  static constexpr int kMaxRank = 4;

  Shape() = default;  // rank 0, one element
  Shape(std::initializer_list<int64_t> dims);
  // The same for a list whose length is only known when running.
  static Shape Of(std::span<const int64_t> dims);

  int rank() const { return rank_; }
  int64_t operator[](int i) const { return dims_[i]; }
  // Number of elements.
  int64_t count() const;
  // "[2,56,56,64]"
  std::string ToString() const;

  bool operator==(const Shape&) const = default;

 private:
  int rank_ = 0;
  std::array<int64_t, kMaxRank> dims_ = {};
};

}  // namespace rtfq

#endif  // RTFQ_CORE_SHAPE_H_
