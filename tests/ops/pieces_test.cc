#include "rtfq/ops/pieces.h"

#include <mutex>
#include <vector>

#include "gtest/gtest.h"

namespace rtfq::ops {
namespace {

TEST(Pieces, CoverEveryElementOnce) {
  for (const Shape& shape :
       {Shape{5}, Shape{kGrain + 1}, Shape{3, 7}, Shape{3, 2 * kGrain + 5},
        Shape{100, 3, 3, 3}, Shape{0, 4}, Shape{4, 0}, Shape{}}) {
    SCOPED_TRACE(shape.ToString());
    const int64_t rows = shape.rank() > 1 ? shape[0] : 1;
    const int64_t length = rows == 0 ? 0 : shape.count() / rows;
    const Pieces pieces(shape);
    std::vector<int> seen(shape.count()), pieces_seen(pieces.count());
    std::mutex mutex;
    pieces.ForEach(ThreadPool(3), [&](int64_t piece, int64_t row, int64_t begin,
                                      int64_t size) {
      const std::lock_guard<std::mutex> lock(mutex);
      ++pieces_seen[piece];
      EXPECT_LE(size, kGrain);
      EXPECT_LE(begin + size, length);
      for (int64_t i = 0; i < size; ++i) ++seen[row * length + begin + i];
    });
    EXPECT_EQ(seen, std::vector<int>(shape.count(), 1));
    EXPECT_EQ(pieces_seen, std::vector<int>(pieces.count(), 1));
  }
}

TEST(Pieces, RowStrideOfAPrefix) {
  const Tensor w = Tensor::Zeros({6, 5, 3, 3});
  EXPECT_EQ(RowStride(w.view()), 45);
  EXPECT_EQ(RowStride(w.view().Prefix({2, 4, 3, 3})), 45);
  EXPECT_EQ(RowStride(Tensor::Zeros({7}).view()), 0);
  EXPECT_DEATH(RowStride(w.view().Prefix({2, 4, 2, 3})), "RTFQ_CHECK");
}

}  // namespace
}  // namespace rtfq::ops
