#include "rtfq/ops/linear_int8.h"

#include <array>
#include <cstdint>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::RandomTensor;

template <typename Code>
TensorOf<Code> RandomCodes(const Shape& shape, uint64_t seed, double low,
                           double high) {
  auto codes = TensorOf<Code>::Uninitialized(shape);
  Rng rng(seed);
  for (Code& code : codes.span()) {
    code = static_cast<Code>(static_cast<int32_t>(rng.Uniform(low, high)));
  }
  return codes;
}

TEST(LinearInt8, SumsAreExactAndScaledOnce) {
  for (const auto& [images, features, classes] :
       {std::array<int64_t, 3>{1, 1, 1},
        {5, 13, 7},
        {3, 2048, 31},
        {2, 0, 3},
        {40, 96, 10}}) {
    SCOPED_TRACE(features);
    const auto x = RandomCodes<uint8_t>({images, features}, 1, 0, 256);
    const auto w = RandomCodes<int8_t>({classes, features}, 2, -128, 128);
    const Tensor bias = RandomTensor({classes}, 3);
    const float scale = 3e-4f;
    Tensor expected = Tensor::Uninitialized({images, classes});
    for (int64_t n = 0; n < images; ++n) {
      for (int64_t k = 0; k < classes; ++k) {
        int64_t sum = 0;
        for (int64_t f = 0; f < features; ++f) {
          sum += int64_t{x.data()[n * features + f]} *
                 int64_t{w.data()[k * features + f]};
        }
        // Two roundings, which volatile keeps apart.
        volatile float product = static_cast<float>(sum) * scale;
        expected.data()[n * classes + k] = product + bias.data()[k];
      }
    }
    for (const int num_threads : {1, 3}) {
      Tensor y = Tensor::Uninitialized(expected.shape());
      LinearInt8(ThreadPool(num_threads), x, w, scale, bias, y);
      EXPECT_THAT(y, HasBitsOf(expected));
    }
  }
}

TEST(LinearInt8, TheLargestSumsFitIntoTheirIntegers) {
  constexpr int64_t kFeatures = 65536;
  const auto x = TensorOf<uint8_t>::Filled({1, kFeatures}, 255);
  const auto w = TensorOf<int8_t>::Filled({1, kFeatures}, -128);
  Tensor y = Tensor::Zeros({1, 1});
  LinearInt8(ThreadPool(1), x, w, 1.0f, Tensor::Zeros({1}), y);
  EXPECT_EQ(y.data()[0], static_cast<float>(-65536LL * 255 * 128));
}

}  // namespace
}  // namespace rtfq::ops
