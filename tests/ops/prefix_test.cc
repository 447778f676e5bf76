#include "rtfq/ops/prefix.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::RandomTensor;

struct Case {
  Shape full, prefix;
};

// Dense, with gaps, in chunks of many rows and of one.
const std::vector<Case>& Cases() {
  static const auto& cases =
      *new std::vector<Case>{{{5, 7, 3, 3}, {5, 7, 3, 3}},
                             {{5, 7, 3, 3}, {2, 4, 3, 3}},
                             {{700, 90, 1, 1}, {650, 51, 1, 1}},
                             {{6, 40000}, {4, 33000}}};
  return cases;
}

// Element by element: indices of a prefix are those of the whole.
Tensor Copied(const Tensor& full, const Shape& prefix) {
  Tensor dense = Tensor::Uninitialized(prefix);
  const int64_t row = prefix.count() / prefix[0];
  const int64_t full_row = full.count() / full.shape()[0];
  for (int64_t i = 0; i < dense.count(); ++i) {
    dense.data()[i] = full.data()[i / row * full_row + i % row];
  }
  return dense;
}

TEST(Prefix, IsCopiedWithoutItsGaps) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.prefix.ToString());
    const Tensor full = RandomTensor(c.full, 1);
    for (const int num_threads : {1, 3}) {
      const Tensor dense = Tensor::Filled(c.prefix, 7);
      CopyPrefix(ThreadPool(num_threads), full.view().Prefix(c.prefix), dense);
      EXPECT_THAT(dense, HasBitsOf(Copied(full, c.prefix)));
    }
  }
}

TEST(Prefix, IsAddedToAndNothingBesides) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.prefix.ToString());
    const Tensor before = RandomTensor(c.full, 1), full = before.Clone();
    const Tensor dense = RandomTensor(c.prefix, 2);
    AddToPrefix(ThreadPool(3), dense, full.view().Prefix(c.prefix));
    const Tensor changed = Copied(full, c.prefix),
                 was = Copied(before, c.prefix);
    for (int64_t i = 0; i < dense.count(); ++i) {
      ASSERT_EQ(changed.data()[i], was.data()[i] + dense.data()[i]) << i;
    }
    int64_t differing = 0;
    for (int64_t i = 0; i < full.count(); ++i) {
      differing += full.data()[i] != before.data()[i];
    }
    EXPECT_LE(differing, dense.count());
  }
}

TEST(Prefix, RefusesOtherShapesAndGapsOnTheDenseSide) {
  const ThreadPool threads(1);
  const Tensor full = Tensor::Zeros({5, 7});
  const View<float> prefix = full.view().Prefix({2, 4});
  EXPECT_DEATH(CopyPrefix(threads, prefix, Tensor::Zeros({4, 2})),
               "RTFQ_CHECK");
  EXPECT_DEATH(CopyPrefix(threads, prefix, prefix), "RTFQ_CHECK");
  EXPECT_DEATH(AddToPrefix(threads, prefix, prefix), "RTFQ_CHECK");
}

}  // namespace
}  // namespace rtfq::ops
