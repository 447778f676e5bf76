#include "rtfq/core/copy.h"

#include <numeric>

#include "gtest/gtest.h"
#include "rtfq/core/random.h"

namespace rtfq {
namespace {

Shape RandomShape(Rng& rng, int64_t largest) {
  return {1 + rng.Below(largest), 1 + rng.Below(largest),
          1 + rng.Below(largest), 1 + rng.Below(largest)};
}

Shape RandomPrefix(const Shape& whole, Rng& rng) {
  return {rng.Below(whole[0] + 1), rng.Below(whole[1] + 1),
          rng.Below(whole[2] + 1), rng.Below(whole[3] + 1)};
}

template <typename T>
T At(View<T> view, int64_t a, int64_t b, int64_t c, int64_t d) {
  return view.data()[a * view.stride(0) + b * view.stride(1) +
                     c * view.stride(2) + d * view.stride(3)];
}

// Cut out of one tensor, pasted into another: the prefix is equal, the rest
// is untouched.
TEST(Copy, MovesAPrefixAndNothingElse) {
  for (int round = 0; round < 200; ++round) {
    Rng rng = Rng(5).Stream(round);
    const Shape whole = RandomShape(rng, 5);
    const Shape prefix = RandomPrefix(whole, rng);
    const Tensor from = Tensor::Uninitialized(whole);
    std::iota(from.data(), from.data() + from.count(), 1.0f);
    const Tensor into = Tensor::Zeros(whole);
    CopyElements<float>(from.view().Prefix(prefix), into.view().Prefix(prefix));
    for (int64_t a = 0; a < whole[0]; ++a) {
      for (int64_t b = 0; b < whole[1]; ++b) {
        for (int64_t c = 0; c < whole[2]; ++c) {
          for (int64_t d = 0; d < whole[3]; ++d) {
            const bool inside = a < prefix[0] && b < prefix[1] &&
                                c < prefix[2] && d < prefix[3];
            ASSERT_EQ(At(into.view(), a, b, c, d),
                      inside ? At(from.view(), a, b, c, d) : 0.0f)
                << prefix.ToString() << " of " << whole.ToString();
          }
        }
      }
    }
  }
}

TEST(Copy, PacksAPrefixIntoADenseTensor) {
  const TensorOf<int> from = TensorOf<int>::Uninitialized({3, 4});
  std::iota(from.data(), from.data() + 12, 0);
  const TensorOf<int> into = TensorOf<int>::Zeros({2, 3});
  CopyElements<int>(from.view().Prefix({2, 3}), into);
  const int expected[] = {0, 1, 2, 4, 5, 6};
  EXPECT_TRUE(std::equal(expected, expected + 6, into.data()));
}

TEST(Copy, ScalarsAndNothing) {
  const Tensor from = Tensor::Filled({}, 3.0f);
  const Tensor into = Tensor::Zeros({});
  CopyElements<float>(from, into);
  EXPECT_EQ(into.data()[0], 3.0f);
  CopyElements<float>(View<const float>(), View<float>());
}

TEST(CopyDeathTest, ShapesMustBeEqual) {
  const Tensor a = Tensor::Zeros({2, 3});
  const Tensor b = Tensor::Zeros({3, 2});
  EXPECT_DEATH(CopyElements<float>(a, b), "shape");
}

}  // namespace
}  // namespace rtfq
