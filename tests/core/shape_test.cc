#include "rtfq/core/shape.h"

#include <vector>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(Shape, CountsAndPrints) {
  const Shape shape = {2, 56, 57, 64};
  EXPECT_EQ(shape.rank(), 4);
  EXPECT_EQ(shape[2], 57);
  EXPECT_EQ(shape.count(), 2 * 56 * 57 * 64);
  EXPECT_EQ(shape.ToString(), "[2,56,57,64]");
}

TEST(Shape, ScalarAndEmpty) {
  EXPECT_EQ(Shape().rank(), 0);
  EXPECT_EQ(Shape().count(), 1);
  EXPECT_EQ(Shape().ToString(), "[]");
  EXPECT_EQ((Shape{3, 0, 5}).count(), 0);
}

TEST(Shape, EqualWhenRankAndDimensionsAre) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 3, 1}));
  EXPECT_NE(Shape(), (Shape{0}));
}

TEST(Shape, OfAList) {
  for (const std::vector<int64_t>& dims :
       {std::vector<int64_t>{}, {7}, {1, 2}, {4, 5, 6, 0}}) {
    const Shape shape = Shape::Of(dims);
    ASSERT_EQ(shape.rank(), static_cast<int>(dims.size()));
    for (int i = 0; i < shape.rank(); ++i) EXPECT_EQ(shape[i], dims[i]);
  }
  EXPECT_EQ(Shape::Of(std::vector<int64_t>{2, 3}), (Shape{2, 3}));
}

TEST(ShapeDeathTest, AtMostFourDimensionsAndNoneNegative) {
  EXPECT_DEATH((Shape{1, 2, 3, 4, 5}), "kMaxRank");
  EXPECT_DEATH((Shape{2, -1}), "dim >= 0");
}

}  // namespace
}  // namespace rtfq
