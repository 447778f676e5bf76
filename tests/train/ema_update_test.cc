#include "rtfq/train/ema_update.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::kRounding;
using test::RandomTensor;

TEST(EmaUpdate, IsTheWeightedMean) {
  const Tensor teacher = RandomTensor({70001}, 1);
  const Tensor student = RandomTensor({70001}, 2);
  for (const float momentum : {0.656f, 0.0f, 1.0f, 0.999f}) {
    Tensor one = teacher.Clone(), three = teacher.Clone();
    EmaUpdate(ThreadPool(1), one.span(), student.span(), momentum);
    EmaUpdate(ThreadPool(3), three.span(), student.span(), momentum);
    EXPECT_THAT(one, test::HasBitsOf(three));
    for (int64_t i = 0; i < one.count(); ++i) {
      const double m = momentum;
      const double expected =
          m * teacher.data()[i] + (1 - m) * student.data()[i];
      // Two products and a sum of values below 1.
      ASSERT_NEAR(one.data()[i], expected, 3 * kRounding) << i;
    }
  }
}

TEST(EmaUpdate, FourUpdatesOfNineTenthsAreOneOfSixHundredFiftySix) {
  std::vector<float> four = {1}, one = {1};
  const std::vector<float> student = {0};
  const ThreadPool threads(1);
  for (int i = 0; i < 4; ++i) EmaUpdate(threads, four, student, 0.9f);
  EmaUpdate(threads, one, student, 0.6561f);
  EXPECT_NEAR(four[0], one[0], 8 * kRounding);
}

}  // namespace
}  // namespace rtfq
