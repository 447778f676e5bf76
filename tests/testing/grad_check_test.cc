#include "tests/testing/grad_check.h"

#include <cmath>

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace rtfq::test {
namespace {

double SumOfExponentials(const Tensor& x) {
  double sum = 0;
  for (const float v : x.span()) sum += std::exp(static_cast<double>(v));
  return sum;
}

TEST(GradCheck, AcceptsTheGradientAndNothingNearIt) {
  const Tensor x = Tensor::Filled({1}, 0.5f);
  const double slope = std::exp(0.5);
  ExpectGradient(SumOfExponentials, x,
                 Tensor::Filled({1}, static_cast<float>(slope)), {});
  EXPECT_NONFATAL_FAILURE(
      ExpectGradient(
          SumOfExponentials, Tensor::Filled({1}, 0.5f),
          Tensor::Filled({1}, static_cast<float>(1.0001 * std::exp(0.5))), {}),
      "element 0 of 1");
}

}  // namespace
}  // namespace rtfq::test
