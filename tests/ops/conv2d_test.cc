#include "rtfq/ops/conv2d.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/random.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq::ops {
namespace {

std::vector<Conv2dGeometry> Geometries() {
  std::vector<Conv2dGeometry> all;
  for (const int kernel : {1, 3, 7}) {
    for (const int stride : {1, 2}) {
      for (const int64_t channels : {3, 8, 24}) {
        all.push_back({.batch = 3,
                       .in_channels = channels,
                       .out_channels = channels == 3 ? 16 : 40 - channels,
                       .in_size = 13,
                       .kernel = kernel,
                       .stride = stride,
                       .padding = kernel / 2});
      }
    }
  }
  // So small for their channels that the weights' gradient is computed by
  // parts of the channels: of one size, of two sizes, of pixels gathered.
  for (const int64_t out_channels : {16, 72, 88}) {
    for (const int kernel : {1, 3}) {
      for (const int stride : {1, 2}) {
        all.push_back({.batch = 3,
                       .in_channels = 40,
                       .out_channels = out_channels,
                       .in_size = 4,
                       .kernel = kernel,
                       .stride = stride,
                       .padding = kernel / 2});
      }
    }
  }
  return all;
}

Tensor Random(const Shape& shape, uint64_t seed) {
  Rng rng(seed);
  Tensor t = Tensor::Uninitialized(shape);
  for (float& v : t.span()) v = static_cast<float>(rng.Uniform(-1, 1));
  return t;
}

// Calls body(y index, x index, w index) for every product of the convolution.
template <typename Body>
void ForEachProduct(const Conv2dGeometry& g, Body body) {
  const int64_t q = g.out_size();
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t p = 0; p < q; ++p)
      for (int64_t r = 0; r < q; ++r)
        for (int64_t u = 0; u < g.kernel; ++u)
          for (int64_t v = 0; v < g.kernel; ++v) {
            const int64_t h = p * g.stride + u - g.padding;
            const int64_t w = r * g.stride + v - g.padding;
            if (h < 0 || w < 0 || h >= g.in_size || w >= g.in_size) continue;
            for (int64_t o = 0; o < g.out_channels; ++o)
              for (int64_t i = 0; i < g.in_channels; ++i)
                body(((n * q + p) * q + r) * g.out_channels + o,
                     ((n * g.in_size + h) * g.in_size + w) * g.in_channels + i,
                     ((o * g.in_channels + i) * g.kernel + u) * g.kernel + v);
          }
}

TEST(Conv2dTest, MatchesTheSlowSums) {
  const auto engine = Engine::Create(2).value();
  for (const Conv2dGeometry& g : Geometries()) {
    SCOPED_TRACE(g.ToString());
    const auto plan = Conv2dPlan::Create(*engine, g);
    ASSERT_TRUE(plan.ok()) << plan.status();
    const Tensor x = Random(g.x_shape(), 1), w = Random(g.w_shape(), 2),
                 dy = Random(g.y_shape(), 3);
    std::vector<double> y(g.y_shape().count()), dx(g.x_shape().count()),
        dw(g.w_shape().count());
    ForEachProduct(g, [&](int64_t iy, int64_t ix, int64_t iw) {
      y[iy] += double{x.data()[ix]} * w.data()[iw];
      dx[ix] += double{dy.data()[iy]} * w.data()[iw];
      dw[iw] += double{dy.data()[iy]} * x.data()[ix];
    });
    Tensor y_got = Tensor::Uninitialized(g.y_shape());
    Tensor dx_got = Tensor::Uninitialized(g.x_shape());
    Tensor dw_got = Tensor::Uninitialized(g.w_shape());
    (*plan)->Forward(x, w, y_got);
    (*plan)->BackwardData(dy, w, dx_got);
    (*plan)->BackwardWeights(x, dy, dw_got);
    // Products and partial sums are at most 1 and the number of terms.
    const double taps = g.kernel * g.kernel;
    const auto bound = [](double terms) {
      return test::SumBound(terms, terms / 4);
    };
    EXPECT_THAT(y_got, test::IsCloseTo(y, bound(taps * g.in_channels)));
    EXPECT_THAT(dx_got, test::IsCloseTo(dx, bound(taps * g.out_channels)));
    EXPECT_THAT(dw_got, test::IsCloseTo(
                            dw, bound(g.batch * g.out_size() * g.out_size())));
  }
}

TEST(Conv2dTest, BitsDoNotDependOnTheNumberOfThreads) {
  const auto one = Engine::Create(1).value();
  const auto four = Engine::Create(4).value();
  std::vector<Conv2dGeometry> geometries = Geometries();
  // oneDNN's strided data gradient by itself depends on the threads here.
  for (const int kernel : {3, 7}) {
    geometries.push_back({.batch = 7,
                          .in_channels = 3,
                          .out_channels = 16,
                          .in_size = 48,
                          .kernel = kernel,
                          .stride = 2,
                          .padding = kernel / 2});
  }
  for (const Conv2dGeometry& g : geometries) {
    SCOPED_TRACE(g.ToString());
    const Tensor x = Random(g.x_shape(), 1), w = Random(g.w_shape(), 2),
                 dy = Random(g.y_shape(), 3);
    std::vector<std::vector<Tensor>> results;
    for (const Engine* engine : {one.get(), four.get()}) {
      const auto plan = Conv2dPlan::Create(*engine, g).value();
      // An element nobody writes would differ.
      const auto junk = static_cast<float>(results.size());
      std::vector<Tensor> r = {Tensor::Filled(g.y_shape(), junk),
                               Tensor::Filled(g.x_shape(), junk),
                               Tensor::Filled(g.w_shape(), junk)};
      plan->Forward(x, w, r[0]);
      plan->BackwardData(dy, w, r[1]);
      plan->BackwardWeights(x, dy, r[2]);
      results.push_back(r);
    }
    EXPECT_THAT(results[1][0], test::HasBitsOf(results[0][0])) << "forward";
    EXPECT_THAT(results[1][1], test::HasBitsOf(results[0][1])) << "data";
    EXPECT_THAT(results[1][2], test::HasBitsOf(results[0][2])) << "weights";
  }
}

TEST(Conv2dTest, RefusesWhatIsNoConvolution) {
  const auto engine = Engine::Create(1).value();
  const auto plan = Conv2dPlan::Create(
      *engine,
      {.in_channels = 8, .out_channels = 8, .in_size = 2, .kernel = 7});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(plan.status().message().find("7x7"), std::string::npos);
}

}  // namespace
}  // namespace rtfq::ops
