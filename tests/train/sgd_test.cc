#include "rtfq/train/sgd.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::HasBitsOf;
using test::IsCloseTo;
using test::RandomTensor;

// Torch's update in double, for one element.
void ReferenceUpdate(const SgdOptions& o, double gradient, double* p,
                     double* velocity) {
  const double g = gradient + o.weight_decay * *p;
  *velocity = o.momentum * *velocity + g;
  *p -= o.rate * (o.nesterov ? g + o.momentum * *velocity : *velocity);
}

TEST(Sgd, EqualsTheReferenceOverThreeUpdates) {
  const ThreadPool threads(2);
  for (const bool nesterov : {true, false}) {
    const SgdOptions options = {.rate = 0.1,
                                .momentum = 0.9,
                                .nesterov = nesterov,
                                .weight_decay = 0.01};
    Tensor p = RandomTensor({40003}, 1), velocity = Tensor::Zeros({40003});
    std::vector<double> expected_p = test::DoublesOf(p);
    std::vector<double> expected_velocity(40003);
    for (const int step : {2, 3, 4}) {
      const Tensor gradient = RandomTensor({40003}, step);
      SgdUpdate(threads, p.span(), gradient.span(), velocity.span(), options);
      for (size_t i = 0; i < expected_p.size(); ++i) {
        ReferenceUpdate(options, gradient.data()[i], &expected_p[i],
                        &expected_velocity[i]);
      }
    }
    // Three updates of about five roundings each, of values up to 3.
    EXPECT_THAT(p, IsCloseTo(expected_p, test::SumBound(15, 3)));
    EXPECT_THAT(velocity, IsCloseTo(expected_velocity, test::SumBound(15, 3)));
  }
}

TEST(Sgd, OneUpdateByHand) {
  std::vector<float> p = {2}, velocity = {8};
  const std::vector<float> gradient = {1};
  // g = 1 + 2 / 4, v = 8 / 2 + g, p = 2 - (g + v / 2) / 4
  SgdUpdate(ThreadPool(1), p, gradient, velocity,
            {.rate = 0.25, .momentum = 0.5, .weight_decay = 0.25});
  EXPECT_EQ(velocity[0], 4 + 1.5f);
  EXPECT_EQ(p[0], 2 - (1.5f + 5.5f / 2) / 4);
}

TEST(Sgd, ThreadsDoNotChangeBits) {
  const Tensor gradient = RandomTensor({100001}, 5);
  Tensor p[2], velocity[2];
  for (const int i : {0, 1}) {
    p[i] = RandomTensor({100001}, 6);
    velocity[i] = RandomTensor({100001}, 7);
    SgdUpdate(ThreadPool(1 + 2 * i), p[i].span(), gradient.span(),
              velocity[i].span(), {.rate = 0.1, .weight_decay = 0.1});
  }
  EXPECT_THAT(p[0], HasBitsOf(p[1]));
  EXPECT_THAT(velocity[0], HasBitsOf(velocity[1]));
}

}  // namespace
}  // namespace rtfq
