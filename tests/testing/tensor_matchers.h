// Comparing arrays of numbers, with failures that say where and by how much.
#ifndef TESTS_TESTING_TENSOR_MATCHERS_H_
#define TESTS_TESTING_TENSOR_MATCHERS_H_

#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "rtfq/core/tensor.h"

namespace rtfq {

// What GoogleTest prints of a tensor besides the matcher's explanation.
template <typename T>
void PrintTo(const TensorOf<T>& tensor, std::ostream* out) {
  *out << "a tensor " << tensor.shape().ToString();
}

namespace test {

// Half the distance of 1 to the next float: the relative error of one rounding.
inline constexpr double kRounding = 0x1p-24;

// How far an element may be from what is expected:
//   absolute + relative_to_max * max|expected|
struct ErrorBound {
  double absolute = 0;
  double relative_to_max = 0;
};

// The rounding errors of a float sum of `terms` terms of up to `magnitude`.
constexpr ErrorBound SumBound(double terms, double magnitude) {
  return {.absolute = terms * magnitude * kRounding};
}

template <typename Numbers>
std::vector<double> DoublesOf(const Numbers& numbers) {
  return {numbers.begin(), numbers.end()};
}
template <typename T>
std::vector<double> DoublesOf(const TensorOf<T>& tensor) {
  return DoublesOf(tensor.span());
}

// Empty if every element is within the bound (a NaN only where NaN is
// expected); else the worst element, both values, the bound and how many fail.
std::string DescribeDifference(std::span<const double> actual,
                               std::span<const double> expected,
                               const ErrorBound& bound);

// EXPECT_THAT(y, IsCloseTo(expected, SumBound(20, 1.5))); both sides are
// tensors or containers of numbers.
MATCHER_P2(IsCloseTo, expected, bound,
           "is within the error bound of what is expected") {
  const std::string difference =
      DescribeDifference(DoublesOf(arg), DoublesOf(expected), bound);
  *result_listener << difference;
  return difference.empty();
}

// The same bits, so that -0 is not 0 and a NaN equals itself.
bool HaveSameBits(std::span<const float> a, std::span<const float> b);
MATCHER_P(HasBitsOf, expected, "has the same shape and bits") {
  return arg.shape() == expected.shape() &&
         HaveSameBits(arg.span(), expected.span());
}

}  // namespace test
}  // namespace rtfq

#endif  // TESTS_TESTING_TENSOR_MATCHERS_H_
