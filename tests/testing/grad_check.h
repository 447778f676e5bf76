// Gradients against finite differences.
#ifndef TESTS_TESTING_GRAD_CHECK_H_
#define TESTS_TESTING_GRAD_CHECK_H_

#include <cmath>
#include <cstdint>
#include <functional>

#include "gtest/gtest.h"
#include "rtfq/core/tensor.h"

namespace rtfq::test {

struct GradCheck {
  // Distance to both sides; where f bends (ReLU, rounding) it must be smaller
  // than the way to the bend.
  double step = 1e-2;
  // Rounding error of one value of f, in f's unit.
  double rounding = 0;
};

// Expects gradient[i] = df/dx[i] at `x` for every i. D(h) = (f(x + h) -
// f(x - h)) / 2h is h^2/6 f''' off, so (4 D(h/2) - D(h)) / 3 is h^4 off, and
// D(h) - D(h/2), three times the error of D(h/2), bounds what is left. To that
// come `rounding` of four values and that of the gradient as a float.
inline void ExpectGradient(const std::function<double(const Tensor&)>& f,
                           const Tensor& x, const Tensor& gradient,
                           const GradCheck& check) {
  ASSERT_EQ(x.shape(), gradient.shape());
  Tensor moved = x.Clone();
  const auto difference = [&](int64_t i, double step) {
    const float center = x.data()[i];
    const float above = static_cast<float>(center + step);
    const float below = static_cast<float>(center - step);
    moved.data()[i] = above;
    const double f_above = f(moved);
    moved.data()[i] = below;
    const double f_below = f(moved);
    moved.data()[i] = center;
    // The distance that floats really have.
    return (f_above - f_below) /
           (static_cast<double>(above) - static_cast<double>(below));
  };
  for (int64_t i = 0; i < x.count(); ++i) {
    const double wide = difference(i, check.step);
    const double narrow = difference(i, check.step / 2);
    const double expected = (4 * narrow - wide) / 3;
    const double bound = std::fabs(wide - narrow) +
                         4 * check.rounding / check.step +
                         1e-6 * std::fabs(expected) + 1e-12;
    EXPECT_NEAR(gradient.data()[i], expected, bound)
        << "element " << i << " of " << x.count();
  }
}

// sum of a[i] * b[i] in double: makes a scalar of an op's output.
inline double Inner(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.count(); ++i) {
    sum += static_cast<double>(a.data()[i]) * b.data()[i];
  }
  return sum;
}

}  // namespace rtfq::test

#endif  // TESTS_TESTING_GRAD_CHECK_H_
