#include "rtfq/ops/pooling.h"

#include <cmath>
#include <cstdint>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "tests/testing/pooling_cases.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::ErrorBound;
using test::HasBitsOf;
using test::IsCloseTo;
using test::RandomTensor;

TEST(MaxPool, EqualsTheReference) {
  for (const Shape& shape : test::MaxPoolShapes()) {
    SCOPED_TRACE(shape.ToString());
    const Tensor x = test::TensorWithTies(shape, 3);
    const Tensor dy = RandomTensor(test::MaxPooled(shape), 4);
    const auto expected = test::ReferenceMaxPool(x, dy);
    for (const int num_threads : {1, 3}) {
      const ThreadPool threads(num_threads);
      Tensor y = Tensor::Uninitialized(dy.shape());
      auto winner = TensorOf<uint8_t>::Uninitialized(dy.shape());
      MaxPool(threads, x, y, winner);
      EXPECT_THAT(y, IsCloseTo(expected.y, ErrorBound{}));
      EXPECT_THAT(winner, IsCloseTo(expected.winner, ErrorBound{}));
      Tensor alone = Tensor::Uninitialized(dy.shape());
      MaxPool(threads, x, alone, View<uint8_t>());
      EXPECT_THAT(alone, HasBitsOf(y));
    }
  }
}

TEST(MaxPoolCodes, EqualsTheMaximumOfFloats) {
  for (const Shape& shape : test::MaxPoolShapes()) {
    SCOPED_TRACE(shape.ToString());
    auto codes = TensorOf<uint8_t>::Uninitialized(shape);
    Tensor x = Tensor::Uninitialized(shape);
    Rng rng(8);
    for (int64_t i = 0; i < codes.count(); ++i) {
      codes.data()[i] = static_cast<uint8_t>(rng.Below(256));
      x.data()[i] = codes.data()[i];
    }
    for (const int num_threads : {1, 3}) {
      const ThreadPool threads(num_threads);
      Tensor expected = Tensor::Uninitialized(test::MaxPooled(shape));
      MaxPool(threads, x, expected, View<uint8_t>());
      auto y = TensorOf<uint8_t>::Uninitialized(expected.shape());
      MaxPoolCodes(threads, codes, y);
      for (int64_t i = 0; i < y.count(); ++i) {
        ASSERT_EQ(y.data()[i], expected.data()[i]) << "at " << i;
      }
    }
  }
}

TEST(MaxPool, PaddingNeverWins) {
  const ThreadPool threads(1);
  const Tensor x = Tensor::Filled({1, 3, 3, 2}, -INFINITY);
  Tensor y = Tensor::Zeros({1, 2, 2, 2});
  auto winner = TensorOf<uint8_t>::Zeros({1, 2, 2, 2});
  MaxPool(threads, x, y, winner);
  for (const float v : y.span()) EXPECT_EQ(v, -INFINITY);
  // The first pixel inside each window.
  EXPECT_THAT(winner.span(), ::testing::ElementsAre(4, 4, 3, 3, 1, 1, 0, 0));
}

TEST(MaxPool, NanWinsWhereverItStands) {
  const ThreadPool threads(1);
  for (int64_t at = 0; at < 9; ++at) {
    Tensor x = RandomTensor({1, 3, 3, 1}, 5);
    x.data()[at] = NAN;
    Tensor y = Tensor::Zeros({1, 2, 2, 1});
    MaxPool(threads, x, y, View<uint8_t>());
    for (int64_t window = 0; window < 4; ++window) {
      const bool reads = std::abs(at / 3 - window / 2 * 2) <= 1 &&
                         std::abs(at % 3 - window % 2 * 2) <= 1;
      EXPECT_EQ(std::isnan(y.data()[window]), reads) << at << " " << window;
    }
  }
}

TEST(GlobalAveragePool, IsTheMean) {
  for (const Shape& shape :
       {Shape{3, 7, 5, 6}, Shape{2, 1, 1, 9}, Shape{5, 13, 11, 70}}) {
    SCOPED_TRACE(shape.ToString());
    const int64_t pixels = shape[1] * shape[2];
    const Tensor x = RandomTensor(shape, 6);
    test::Array mean({shape[0], shape[3]});
    for (int64_t n = 0; n < shape[0]; ++n)
      for (int64_t i = 0; i < pixels; ++i)
        for (int64_t c = 0; c < shape[3]; ++c) {
          const int64_t at = (n * pixels + i) * shape[3] + c;
          mean(n, c) += static_cast<double>(x.data()[at]) / pixels;
        }
    Tensor y[2];
    for (const int i : {0, 1}) {
      const ThreadPool threads(i == 0 ? 1 : 3);
      y[i] = Tensor::Uninitialized(mean.shape);
      GlobalAveragePool(threads, x, y[i]);
    }
    // One rounding of a value up to 1.
    EXPECT_THAT(y[0], IsCloseTo(mean, test::SumBound(1, 1)));
    EXPECT_THAT(y[0], HasBitsOf(y[1]));
  }
}

TEST(GlobalAveragePool, IsRoundedOnce) {
  // In float, 1 + 2^-24 would be 1.
  const float small = std::ldexp(1.0f, -24);
  const float values[] = {1, small, small, small};
  const Tensor x = Tensor::CopyOf(values, {1, 2, 2, 1});
  Tensor y = Tensor::Uninitialized({1, 1});
  GlobalAveragePool(ThreadPool(1), x, y);
  // (1 + 3 * 2^-24) / 4 lies between two floats; the even one is taken.
  EXPECT_EQ(y.data()[0], 0.25f * (1 + std::ldexp(1.0f, -22)));
}

}  // namespace
}  // namespace rtfq::ops
