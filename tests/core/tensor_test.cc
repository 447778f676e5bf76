#include "rtfq/core/tensor.h"

#include <cstdint>
#include <numeric>
#include <set>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq {
namespace {

TensorOf<int64_t> Counting(const Shape& shape) {
  const auto tensor = TensorOf<int64_t>::Uninitialized(shape);
  std::iota(tensor.data(), tensor.data() + tensor.count(), int64_t{0});
  return tensor;
}

TEST(Tensor, OwnsAlignedElements) {
  for (const int64_t count : {0, 1, 3, 1000}) {
    const Tensor tensor = Tensor::Filled({count}, 2.5f);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data()) % 64, 0u);
    EXPECT_EQ(tensor.count(), count);
    EXPECT_EQ(tensor.empty(), count == 0);
    for (const float value : tensor.span()) EXPECT_EQ(value, 2.5f);
  }
}

TEST(Tensor, DefaultIsEmpty) {
  const Tensor tensor;
  EXPECT_TRUE(tensor.empty());
  EXPECT_TRUE(tensor.view().IsDense());
  EXPECT_TRUE(tensor.view().span().empty());
  EXPECT_TRUE(tensor.Clone().empty());
  EXPECT_TRUE(View<float>().IsDense());
  EXPECT_TRUE(View<float>().span().empty());
}

TEST(Tensor, CopiesShareAndClonesDoNot) {
  const Tensor tensor = Tensor::Zeros({2, 2});
  const Tensor shared = tensor;
  const Tensor clone = tensor.Clone();
  tensor.data()[3] = 1.0f;
  EXPECT_EQ(shared.data()[3], 1.0f);
  EXPECT_EQ(clone.data()[3], 0.0f);
  EXPECT_EQ(clone.shape(), tensor.shape());
}

TEST(Tensor, ReshapedSharesElements) {
  const auto tensor = Counting({2, 3, 4});
  const auto reshaped = tensor.Reshaped({6, 4});
  EXPECT_EQ(reshaped.shape(), (Shape{6, 4}));
  EXPECT_EQ(reshaped.data(), tensor.data());
  EXPECT_DEATH(tensor.Reshaped({5, 5}), "count");
}

TEST(View, StridesAreRowMajor) {
  const auto tensor = Counting({2, 3, 4, 5});
  const View<int64_t> view = tensor.view();
  EXPECT_EQ(view.stride(0), 3 * 4 * 5);
  EXPECT_EQ(view.stride(1), 4 * 5);
  EXPECT_EQ(view.stride(2), 5);
  EXPECT_EQ(view.stride(3), 1);
}

// Element [i,j,k,l] of a prefix is element [i,j,k,l] of the whole, and a
// prefix of a prefix is a prefix.
TEST(View, PrefixAddressesTheSameElements) {
  for (int round = 0; round < 100; ++round) {
    Rng rng = Rng(2).Stream(round);
    const Shape whole = {1 + rng.Below(4), 1 + rng.Below(4), 1 + rng.Below(4),
                         1 + rng.Below(4)};
    const auto tensor = Counting(whole);
    const Shape outer = {1 + rng.Below(whole[0]), 1 + rng.Below(whole[1]),
                         1 + rng.Below(whole[2]), 1 + rng.Below(whole[3])};
    const Shape inner = {1 + rng.Below(outer[0]), 1 + rng.Below(outer[1]),
                         1 + rng.Below(outer[2]), 1 + rng.Below(outer[3])};
    const View<int64_t> view = tensor.view().Prefix(outer).Prefix(inner);
    EXPECT_EQ(view.shape(), inner);
    std::set<int64_t> offsets;
    int64_t previous = -1;
    for (int64_t a = 0; a < inner[0]; ++a) {
      for (int64_t b = 0; b < inner[1]; ++b) {
        for (int64_t c = 0; c < inner[2]; ++c) {
          for (int64_t d = 0; d < inner[3]; ++d) {
            const int64_t offset = a * view.stride(0) + b * view.stride(1) +
                                   c * view.stride(2) + d * view.stride(3);
            const int64_t expected =
                ((a * whole[1] + b) * whole[2] + c) * whole[3] + d;
            ASSERT_EQ(view.data()[offset], expected);
            ASSERT_GT(offset, previous);
            previous = offset;
            offsets.insert(offset);
          }
        }
      }
    }
    // Dense exactly when the elements follow each other.
    EXPECT_EQ(view.IsDense(), *offsets.rbegin() + 1 == view.count())
        << inner.ToString() << " of " << whole.ToString();
  }
}

TEST(View, ConvertsToConst) {
  const auto tensor = Counting({2, 3});
  const View<const int64_t> view = tensor.view().Prefix({2, 2});
  EXPECT_EQ(view.data(), tensor.data());
  EXPECT_EQ(view.stride(0), 3);
}

TEST(ViewDeathTest, PrefixMustFitAndSpanMustBeDense) {
  const auto tensor = Counting({2, 3});
  EXPECT_DEATH(tensor.view().Prefix({2, 4}), "shape");
  EXPECT_DEATH(tensor.view().Prefix({2}), "rank");
  EXPECT_DEATH(tensor.view().Prefix({2, 2}).span(), "IsDense");
}

}  // namespace
}  // namespace rtfq
