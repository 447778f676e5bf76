#include "rtfq/ops/linear.h"

#include <cstdint>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/random_tensor.h"
#include "tests/testing/reference_ops.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

using test::HasBitsOf;
using test::IsCloseTo;
using test::RandomTensor;
using test::SumBound;

struct Case {
  int64_t images, features, classes, columns;  // of w, >= features
};

// The first `features` columns.
Tensor Cut(const Tensor& w, int64_t features) {
  Tensor cut = Tensor::Uninitialized({w.shape()[0], features});
  for (int64_t k = 0; k < w.shape()[0]; ++k) {
    std::copy_n(w.data() + k * w.shape()[1], features,
                cut.data() + k * features);
  }
  return cut;
}

TEST(Linear, EqualsTheReferenceAndStaysWithinThePrefix) {
  for (const Case& c :
       {Case{5, 20, 7, 20}, Case{5, 13, 7, 20}, Case{1, 1, 1, 3},
        Case{33, 257, 31, 300}, Case{2, 0, 3, 4}, Case{64, 512, 10, 512}}) {
    SCOPED_TRACE(c.features);
    const Tensor x = RandomTensor({c.images, c.features}, 1);
    const Tensor w = RandomTensor({c.classes, c.columns}, 2);
    const Tensor bias = RandomTensor({c.classes}, 3);
    const Tensor dy = RandomTensor({c.images, c.classes}, 4);
    const Shape prefix = {c.classes, c.features};
    const auto expected =
        test::ReferenceLinear(x, Cut(w, c.features), bias, dy);
    const auto terms = [](int64_t n) { return SumBound(n + 2.0, 1); };

    Tensor y[2], dx[2], dw[2], dbias[2];
    for (const int i : {0, 1}) {
      const ThreadPool threads(i == 0 ? 1 : 3);
      y[i] = Tensor::Uninitialized(dy.shape());
      dx[i] = Tensor::Uninitialized(x.shape());
      dw[i] = Tensor::Zeros(w.shape());
      dbias[i] = Tensor::Zeros(bias.shape());
      const View<const float> w_prefix = View<const float>(w).Prefix(prefix);
      Linear(threads, x, w_prefix, bias, y[i]);
      LinearBackward(threads, x, w_prefix, dy, dx[i],
                     dw[i].view().Prefix(prefix), dbias[i]);
    }
    EXPECT_THAT(y[0], IsCloseTo(expected.y, terms(c.features)));
    EXPECT_THAT(dx[0], IsCloseTo(expected.dx, terms(c.classes)));
    EXPECT_THAT(Cut(dw[0], c.features),
                IsCloseTo(expected.dw, terms(c.images)));
    EXPECT_THAT(dbias[0], IsCloseTo(expected.dbias, terms(c.images)));
    for (int64_t i = 0; i < dw[0].count(); ++i) {
      if (i % c.columns >= c.features) {
        ASSERT_EQ(dw[0].data()[i], 0);
      }
    }
    EXPECT_THAT(y[0], HasBitsOf(y[1]));
    EXPECT_THAT(dx[0], HasBitsOf(dx[1]));
    EXPECT_THAT(dw[0], HasBitsOf(dw[1]));
    EXPECT_THAT(dbias[0], HasBitsOf(dbias[1]));
  }
}

TEST(Linear, WeightGradientsAreAddedTo) {
  const ThreadPool threads(1);
  const Tensor x = RandomTensor({3, 5}, 5), w = RandomTensor({2, 5}, 6);
  const Tensor dy = RandomTensor({3, 2}, 7);
  Tensor dx = Tensor::Zeros({3, 5}), dw = Tensor::Zeros({2, 5});
  Tensor dbias = Tensor::Zeros({2});
  LinearBackward(threads, x, w, dy, dx, dw, dbias);
  const Tensor dx_once = dx.Clone(), dw_once = dw.Clone();
  const Tensor dbias_once = dbias.Clone();
  LinearBackward(threads, x, w, dy, dx, dw, dbias);
  EXPECT_THAT(dx, HasBitsOf(dx_once));
  for (int64_t i = 0; i < 10; ++i) {
    EXPECT_EQ(dw.data()[i], 2 * dw_once.data()[i]);
  }
  EXPECT_EQ(dbias.data()[1], 2 * dbias_once.data()[1]);
}

TEST(Linear, AnImagesResultDoesNotDependOnItsNeighbours) {
  const ThreadPool threads(2);
  const Tensor x = RandomTensor({9, 77}, 8), w = RandomTensor({4, 77}, 9);
  const Tensor bias = RandomTensor({4}, 10);
  Tensor all = Tensor::Zeros({9, 4}), one = Tensor::Zeros({1, 4});
  Linear(threads, x, w, bias, all);
  Linear(threads, View<const float>(x).Prefix({1, 77}), w, bias, one);
  for (int64_t k = 0; k < 4; ++k) EXPECT_EQ(one.data()[k], all.data()[k]);
}

}  // namespace
}  // namespace rtfq::ops
