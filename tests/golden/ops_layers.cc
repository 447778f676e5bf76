// Batch norm, ReLU, poolings and the classifier.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/ops/activation.h"
#include "rtfq/ops/batch_norm.h"
#include "rtfq/ops/linear.h"
#include "rtfq/ops/lsq.h"
#include "rtfq/ops/pooling.h"
#include "rtfq/ops/pooling_backward.h"
#include "tests/golden/ops_checks.h"
#include "tests/testing/reference_ops.h"

namespace rtfq {
namespace {

using test::ErrorBound;
using test::IsCloseTo;

constexpr float kEpsilon = 1e-5f;

const ThreadPool& Threads() {
  static const ThreadPool* threads = new ThreadPool(2);
  return *threads;
}

// y = x w^T + b and its gradients, w the first columns of a wider one.
struct LinearPass {
  LinearPass(const Tensor& x, const Tensor& w, const Tensor& b,
             const Tensor& dy)
      : y(Tensor::Uninitialized(dy.shape())),
        dx(Tensor::Uninitialized(x.shape())),
        dw(Tensor::Zeros(w.shape())),
        db(Tensor::Zeros(b.shape())) {
    const Shape prefix = {w.shape()[0], x.shape()[1]};
    const View<const float> w_prefix = View<const float>(w).Prefix(prefix);
    ops::Linear(Threads(), x, w_prefix, b, y);
    ops::LinearBackward(Threads(), x, w_prefix, dy, dx,
                        dw.view().Prefix(prefix), db);
  }
  Tensor y, dx, dw, db;
};

}  // namespace

void CheckBatchNormTraining(GoldenCase& c) {
  const Tensor x = c.GetNhwc("x"), dy = c.GetNhwc("dy");
  const Tensor gamma = c.Get("gamma"), beta = c.Get("beta");
  const bool relu = c.NameHas(".relu");
  Tensor mean = Tensor::Uninitialized(gamma.shape());
  Tensor variance = Tensor::Uninitialized(gamma.shape());
  Tensor y = Tensor::Uninitialized(x.shape());
  ops::BatchNormStatistics(Threads(), x, mean, variance);
  ops::BatchNormNormalize(Threads(), x, mean, variance, gamma, beta, kEpsilon,
                          relu, y);
  EXPECT_THAT(mean, IsCloseTo(c.Values("batch_mean"), GoldenBound(1e-7)));
  EXPECT_THAT(variance, IsCloseTo(c.Values("batch_var"), GoldenBound(1e-7)));
  EXPECT_THAT(y, IsCloseTo(c.ValuesNhwc("y"), GoldenBound(8e-7)));

  Tensor running_mean = c.Get("running_mean");
  Tensor running_var = c.Get("running_var");
  ops::UpdateRunningStatistics(mean, variance, x.count() / mean.count(), 0.1f,
                               running_mean, running_var);
  EXPECT_THAT(running_mean,
              IsCloseTo(c.Values("running_mean_after"), GoldenBound(8e-8)));
  EXPECT_THAT(running_var,
              IsCloseTo(c.Values("running_var_after"), GoldenBound(7e-8)));

  Tensor dx = dy.Clone();
  Tensor dgamma = Tensor::Zeros(gamma.shape());
  Tensor dbeta = Tensor::Zeros(gamma.shape());
  if (relu) ops::ReluBackward(Threads(), y, dx, dx);
  ops::BatchNormBackward(Threads(), x, mean, variance, gamma, kEpsilon, dx, dx,
                         dgamma, dbeta);
  EXPECT_THAT(dx, IsCloseTo(c.ValuesNhwc("dx"), GoldenBound(2e-7)));
  EXPECT_THAT(dgamma, IsCloseTo(c.Values("dgamma"), GoldenBound(1e-6)));
  EXPECT_THAT(dbeta, IsCloseTo(c.Values("dbeta"), GoldenBound(1e-7)));
}

void CheckBatchNormInference(GoldenCase& c) {
  const Tensor x = c.GetNhwc("x");
  const Tensor gamma = c.Get("gamma"), beta = c.Get("beta");
  const Tensor mean = c.Get("running_mean"), variance = c.Get("running_var");
  Tensor y = Tensor::Uninitialized(x.shape());
  ops::BatchNormNormalize(Threads(), x, mean, variance, gamma, beta, kEpsilon,
                          false, y);
  EXPECT_THAT(y, IsCloseTo(c.ValuesNhwc("y"), GoldenBound(1e-7)));

  // y(0) is the folded bias; y(1) without mean and beta the folded scale.
  const int64_t channels = gamma.count();
  const Tensor zero = Tensor::Zeros({1, channels});
  const Tensor one = Tensor::Filled({1, channels}, 1);
  const Tensor none = Tensor::Zeros({channels});
  Tensor folded = Tensor::Uninitialized({1, channels});
  ops::BatchNormNormalize(Threads(), zero, mean, variance, gamma, beta,
                          kEpsilon, false, folded);
  EXPECT_THAT(folded, IsCloseTo(c.Values("folded_bias"), GoldenBound(4e-8)));
  ops::BatchNormNormalize(Threads(), one, none, variance, gamma, none, kEpsilon,
                          false, folded);
  EXPECT_THAT(folded, IsCloseTo(c.Values("folded_scale"), GoldenBound(6e-8)));
}

void CheckBatchNormCalibration(GoldenCase& c) {
  Tensor running_mean = c.Get("stale_mean"), running_var = c.Get("stale_var");
  Tensor mean = Tensor::Uninitialized(running_mean.shape());
  Tensor variance = Tensor::Uninitialized(running_mean.shape());
  for (int batch = 0; batch < 3; ++batch) {
    const Tensor x = c.GetNhwc("x" + std::to_string(batch));
    ops::BatchNormStatistics(Threads(), x, mean, variance);
    ops::UpdateRunningStatistics(mean, variance, x.count() / mean.count(),
                                 1.0f / static_cast<float>(batch + 1),
                                 running_mean, running_var);
  }
  EXPECT_THAT(running_mean,
              IsCloseTo(c.Values("running_mean"), GoldenBound(5e-8)));
  EXPECT_THAT(running_var,
              IsCloseTo(c.Values("running_var"), GoldenBound(7e-8)));
}

void CheckAddRelu(GoldenCase& c) {
  const Tensor a = c.GetNhwc("a"), b = c.GetNhwc("b");
  Tensor y = Tensor::Uninitialized(a.shape());
  Tensor dx = Tensor::Uninitialized(a.shape());
  ops::Add(Threads(), a, b, y);
  ops::Relu(Threads(), y, y);
  ops::ReluBackward(Threads(), y, c.GetNhwc("dy"), dx);
  // One rounding of the sum, which the oracle's float32 run does not have.
  EXPECT_THAT(y, IsCloseTo(c.ValuesNhwc("y"), ErrorBound{0, test::kRounding}));
  EXPECT_THAT(dx, IsCloseTo(c.ValuesNhwc("da"), ErrorBound{}));
  EXPECT_THAT(dx, IsCloseTo(c.ValuesNhwc("db"), ErrorBound{}));
}

void CheckMaxPool(GoldenCase& c) {
  const Tensor x = c.GetNhwc("x"), dy = c.GetNhwc("dy");
  Tensor y = Tensor::Uninitialized(dy.shape());
  auto winner = TensorOf<uint8_t>::Uninitialized(dy.shape());
  Tensor dx = Tensor::Uninitialized(x.shape());
  ops::MaxPool(Threads(), x, y, winner);
  ops::MaxPoolBackward(Threads(), winner, dy, dx);
  EXPECT_THAT(y, IsCloseTo(c.ValuesNhwc("y"), ErrorBound{}));
  EXPECT_THAT(dx, IsCloseTo(c.ValuesNhwc("dx"), GoldenBound(5e-8)));
}

void CheckGlobalAveragePool(GoldenCase& c) {
  const Tensor x = c.GetNhwc("x"), dy = c.Get("dy");
  Tensor y = Tensor::Uninitialized(dy.shape());
  Tensor dx = Tensor::Uninitialized(x.shape());
  ops::GlobalAveragePool(Threads(), x, y);
  ops::GlobalAveragePoolBackward(Threads(), dy, dx);
  EXPECT_THAT(y, IsCloseTo(c.Values("y"), GoldenBound(1e-7)));
  // One division, rounded.
  EXPECT_THAT(dx, IsCloseTo(c.ValuesNhwc("dx"), GoldenBound(2e-8)));
}

void CheckLinear(GoldenCase& c) {
  const LinearPass pass(c.Get("x"), c.Get("w"), c.Get("b"), c.Get("dy"));
  EXPECT_THAT(pass.y, IsCloseTo(c.Values("y"), GoldenBound(1e-7)));
  EXPECT_THAT(pass.dx, IsCloseTo(c.Values("dx"), GoldenBound(1e-7)));
  EXPECT_THAT(pass.dw, IsCloseTo(c.Values("dw"), GoldenBound(6e-8)));
  EXPECT_THAT(pass.db, IsCloseTo(c.Values("db"), GoldenBound(9e-8)));
}

void CheckQuantizedLinear(GoldenCase& c) {
  const Tensor x = c.Get("x"), w = c.Get("w");
  const float step_x = static_cast<float>(c.Scalar("step_x"));
  const float step_w = static_cast<float>(c.Scalar("step_w"));
  const CodeRange range_x = GoldenRange(c.Int("bits"), false);
  const CodeRange range_w = GoldenRange(c.Int("bits"), true);
  const Shape prefix = {w.shape()[0], x.shape()[1]};
  const View<const float> w_prefix = View<const float>(w).Prefix(prefix);
  Tensor x_hat = Tensor::Uninitialized(x.shape());
  Tensor w_hat = Tensor::Zeros(w.shape());
  ops::FakeQuantize(Threads(), x, step_x, range_x, x_hat);
  ops::FakeQuantize(Threads(), w_prefix, step_w, range_w,
                    w_hat.view().Prefix(prefix));
  LinearPass pass(x_hat, w_hat, c.Get("b"), c.Get("dy"));
  EXPECT_THAT(pass.y, IsCloseTo(c.Values("y"), GoldenBound(4e-8)));
  EXPECT_THAT(pass.db, IsCloseTo(c.Values("db"), GoldenBound(5e-8)));

  // The magnitude of d(step) before the gradients are overwritten.
  const int64_t n_x = c.Int("n_x"), n_w = c.Int("n_w");
  const double magnitude_x =
      test::ReferenceLsq(x, step_x, range_x, n_x, pass.dx).dstep_magnitude;
  const double magnitude_w =  // dw_hat is 0 outside the prefix
      test::ReferenceLsq(w, step_w, range_w, n_w, pass.dw).dstep_magnitude;
  const float dstep_x = ops::FakeQuantizeBackward(Threads(), x, step_x, range_x,
                                                  n_x, pass.dx, pass.dx);
  const View<float> dw = pass.dw.view().Prefix(prefix);
  const float dstep_w = ops::FakeQuantizeBackward(Threads(), w_prefix, step_w,
                                                  range_w, n_w, dw, dw);
  EXPECT_THAT(pass.dx, IsCloseTo(c.Values("dx"), GoldenBound(7e-8)));
  EXPECT_THAT(pass.dw, IsCloseTo(c.Values("dw"), GoldenBound(8e-8)));
  EXPECT_NEAR(dstep_x, c.Scalar("dstep_x"), StepBound(1e-6, magnitude_x));
  EXPECT_NEAR(dstep_w, c.Scalar("dstep_w"), StepBound(1e-6, magnitude_w));
}

}  // namespace rtfq
