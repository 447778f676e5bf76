#include "rtfq/data/epoch_order.h"

#include <set>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(EpochOrder, EachEpochHasEveryImageOnce) {
  EpochOrder order(Rng(3), 7);
  std::set<std::vector<int64_t>> epochs;
  for (int64_t epoch = 0; epoch < 5; ++epoch) {
    std::vector<int64_t> images;
    for (int64_t i = 0; i < 7; ++i) images.push_back(order.At(epoch * 7 + i));
    EXPECT_EQ(std::set<int64_t>(images.begin(), images.end()).size(), 7u);
    EXPECT_EQ(images, Rng(3).Stream(epoch).Permutation(7));
    epochs.insert(images);
  }
  EXPECT_EQ(epochs.size(), 5u);  // 5040 orders: the same twice is unlikely
}

TEST(EpochOrder, AnyPositionAtAnyTime) {
  EpochOrder forward(Rng(4), 5), backward(Rng(4), 5);
  std::vector<int64_t> expected, found(40);
  for (int64_t i = 0; i < 40; ++i) expected.push_back(forward.At(i));
  for (int64_t i = 39; i >= 0; --i) found[i] = backward.At(i);
  EXPECT_EQ(found, expected);
}

TEST(EpochOrder, OneImageIsAlwaysIt) {
  EpochOrder order(Rng(5), 1);
  EXPECT_EQ(order.At(0), 0);
  EXPECT_EQ(order.At(int64_t{1} << 40), 0);
}

}  // namespace
}  // namespace rtfq
