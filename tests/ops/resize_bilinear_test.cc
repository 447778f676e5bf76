#include "rtfq/ops/resize_bilinear.h"

#include <cstdint>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::IsCloseTo;
using test::RandomTensor;
using test::SumBound;

struct Case {
  Shape from;
  int64_t height, width;
};

TEST(ResizeAlignCorners, EqualsTheReference) {
  for (const Case& c :
       {Case{{2, 16, 16, 3}, 14, 14}, Case{{1, 64, 64, 3}, 40, 40},
        Case{{2, 5, 7, 1}, 9, 4}, Case{{1, 1, 1, 2}, 3, 3},
        Case{{3, 8, 6, 5}, 1, 1}, Case{{1, 2, 9, 3}, 2, 17}}) {
    SCOPED_TRACE(c.from.ToString());
    const Tensor x = RandomTensor(c.from, 1);
    const Shape to = {c.from[0], c.height, c.width, c.from[3]};
    Tensor y = Tensor::Uninitialized(to), other = Tensor::Uninitialized(to);
    ResizeAlignCorners(ThreadPool(1), x, y);
    ResizeAlignCorners(ThreadPool(3), x, other);
    EXPECT_THAT(y, HasBitsOf(other));
    // Two blends of values up to 1, each of two rounded weights, two products
    // and a sum.
    EXPECT_THAT(
        y, IsCloseTo(test::ReferenceResizeAlignCorners(x, c.height, c.width),
                     SumBound(10, 1)));
  }
}

TEST(ResizeAlignCorners, CornersStayAndEqualSizesCopy) {
  const ThreadPool threads(2);
  const Tensor x = RandomTensor({1, 13, 11, 1}, 2);
  Tensor y = Tensor::Uninitialized({1, 5, 6, 1});
  ResizeAlignCorners(threads, x, y);
  EXPECT_EQ(y.data()[0], x.data()[0]);
  EXPECT_EQ(y.data()[5], x.data()[10]);
  EXPECT_EQ(y.data()[4 * 6], x.data()[12 * 11]);
  EXPECT_EQ(y.data()[4 * 6 + 5], x.data()[12 * 11 + 10]);
  Tensor copy = Tensor::Uninitialized(x.shape());
  ResizeAlignCorners(threads, x, copy);
  EXPECT_THAT(copy, HasBitsOf(x));
}

}  // namespace
}  // namespace rtfq::ops
