// Quantizer and convolution, on the f32 path and on exact integers.
#include <algorithm>
#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/copy.h"
#include "rtfq/core/engine.h"
#include "rtfq/ops/codes.h"
#include "rtfq/ops/conv2d.h"
#include "rtfq/ops/conv2d_int8.h"
#include "rtfq/ops/lsq.h"
#include "tests/golden/ops_checks.h"
#include "tests/testing/reference_ops.h"

namespace rtfq {
namespace {

using test::ErrorBound;
using test::IsCloseTo;

const Engine& TestEngine() {
  static const Engine* engine = Engine::Create(2)->release();
  return *engine;
}

// A tensor and its quantizer, forward and backward.
struct Quantized {
  Quantized(const Tensor& values, double step_size, CodeRange code_range)
      : v(values),
        step(static_cast<float>(step_size)),
        range(code_range),
        v_hat(Tensor::Uninitialized(v.shape())),
        codes(TensorOf<uint8_t>::Uninitialized(v.shape())) {
    const ThreadPool& threads = TestEngine().threads();
    ops::FakeQuantize(threads, v, step, range, v_hat);
    if (range.min < 0) {
      ops::Quantize(threads, v, step, range, SignedCodes());
    } else {
      ops::Quantize(threads, v, step, range, codes);
    }
  }
  // The same bytes, where codes are signed.
  View<int8_t> SignedCodes() const {
    return View<int8_t>(reinterpret_cast<int8_t*>(codes.data()), v.shape());
  }
  std::vector<double> CodeValues() const {
    return range.min < 0 ? test::DoublesOf(SignedCodes().span())
                         : test::DoublesOf(codes);
  }
  // Fills dv and dstep.
  void Backward(const Tensor& dv_hat, int64_t n) {
    dv = Tensor::Uninitialized(v.shape());
    dstep = ops::FakeQuantizeBackward(TestEngine().threads(), v, step, range, n,
                                      dv_hat, dv);
    magnitude = test::ReferenceLsq(v, step, range, n, dv_hat).dstep_magnitude;
  }

  Tensor v;
  float step;
  CodeRange range;
  Tensor v_hat;
  TensorOf<uint8_t> codes;
  Tensor dv;
  double dstep = 0;
  double magnitude = 0;  // g * sum |dv_hat * e|
};

// The first rows and columns of a weight, dense.
Tensor PrefixOf(const Tensor& w, int64_t out, int64_t in) {
  const Shape shape = {out, in, w.shape()[2], w.shape()[3]};
  Tensor prefix = Tensor::Uninitialized(shape);
  CopyElements<float>(w.view().Prefix(shape), prefix);
  return prefix;
}

// Images that are not square stand in the upper left of ones that are. The rest
// is 0, as the convolution's padding is.
template <typename T>
TensorOf<T> Embed(const TensorOf<T>& x, int64_t size) {
  auto y = TensorOf<T>::Zeros({x.shape()[0], size, size, x.shape()[3]});
  CopyElements<T>(x, y.view().Prefix(x.shape()));
  return y;
}
template <typename T>
TensorOf<T> Extract(const TensorOf<T>& x, const Shape& shape) {
  auto y = TensorOf<T>::Uninitialized(shape);
  CopyElements<T>(x.view().Prefix(shape), y);
  return y;
}

// One convolution of quantized tensors with a plan for each way.
class Conv {
 public:
  Conv(const Quantized& x, const Quantized& w, int stride, int padding)
      : x_(x), w_(w) {
    const Shape& s = x.v.shape();
    geometry_.batch = s[0];
    geometry_.in_channels = s[3];
    geometry_.out_channels = w.v.shape()[0];
    geometry_.in_size = std::max(s[1], s[2]);
    geometry_.kernel = static_cast<int>(w.v.shape()[2]);
    geometry_.stride = stride;
    geometry_.padding = padding;
    const auto out = [&](int64_t in) {
      return (in + 2 * padding - geometry_.kernel) / stride + 1;
    };
    y_shape_ = {s[0], out(s[1]), out(s[2]), geometry_.out_channels};
    plan_ = *ops::Conv2dPlan::Create(TestEngine(), geometry_);
  }

  Tensor Forward() const {
    Tensor y = Tensor::Uninitialized(geometry_.y_shape());
    plan_->Forward(Embed(x_.v_hat, geometry_.in_size), w_.v_hat, y);
    return Extract(y, y_shape_);
  }
  TensorOf<int32_t> ForwardCodes(int64_t bits) const {
    const auto plan = ops::Conv2dInt8Plan::Create(
        TestEngine(), geometry_, static_cast<BitWidth>(bits),
        x_.range.min < 0 ? Sign::kSigned : Sign::kUnsigned);
    auto acc = TensorOf<int32_t>::Uninitialized(geometry_.y_shape());
    (*plan)->Forward(Embed(x_.codes, geometry_.in_size), w_.SignedCodes(), acc);
    return Extract(acc, y_shape_);
  }
  Tensor BackwardData(const Tensor& dy) const {
    Tensor dx = Tensor::Uninitialized(geometry_.x_shape());
    plan_->BackwardData(Embed(dy, geometry_.out_size()), w_.v_hat, dx);
    return Extract(dx, x_.v.shape());
  }
  Tensor BackwardWeights(const Tensor& dy) const {
    Tensor dw = Tensor::Uninitialized(geometry_.w_shape());
    plan_->BackwardWeights(Embed(x_.v_hat, geometry_.in_size),
                           Embed(dy, geometry_.out_size()), dw);
    return dw;
  }

 private:
  const Quantized& x_;
  const Quantized& w_;
  ops::Conv2dGeometry geometry_;
  Shape y_shape_;
  std::unique_ptr<ops::Conv2dPlan> plan_;
};

}  // namespace

void CheckLsq(GoldenCase& c) {
  const CodeRange range = GoldenRange(c.Int("bits"), c.Int("signed") != 0);
  const ThreadPool& threads = TestEngine().threads();
  Quantized q(c.Get("v"), c.Scalar("step"), range);
  q.Backward(c.Get("dv_hat"), c.Int("n"));
  EXPECT_THAT(q.CodeValues(), IsCloseTo(c.Values("codes"), ErrorBound{}));
  EXPECT_THAT(q.v_hat, IsCloseTo(c.Values("v_hat"), GoldenBound(4e-8)));
  EXPECT_THAT(q.dv, IsCloseTo(c.Values("dv"), ErrorBound{}));
  const double magnitude = c.Scalar("dstep_magnitude");
  EXPECT_NEAR(q.dstep, c.Scalar("dstep"), StepBound(3e-7, magnitude));
  EXPECT_NEAR(q.magnitude, magnitude, StepBound(3e-7, magnitude));
  EXPECT_NEAR(ops::InitialStep(threads, q.v, range), c.Scalar("initial_step"),
              kSummationOrder * 1e-7 * c.Scalar("initial_step"));
}

void CheckConv(GoldenCase& c) {
  const int64_t bits = c.Int("bits");
  const std::vector<int64_t> prefix = c.Ints("prefix");
  const Tensor full = c.Get("w");
  Quantized x(c.GetNhwc("x"), c.Scalar("step_x"),
              GoldenRange(bits, c.Int("signed_x") != 0));
  Quantized w(PrefixOf(full, prefix[0], prefix[1]), c.Scalar("step_w"),
              GoldenRange(bits, true));
  EXPECT_THAT(x.CodeValues(), IsCloseTo(c.ValuesNhwc("codes_x"), ErrorBound{}));
  EXPECT_THAT(w.CodeValues(), IsCloseTo(c.Values("codes_w"), ErrorBound{}));

  const Conv conv(x, w, static_cast<int>(c.Int("stride")),
                  static_cast<int>(c.Int("padding")));
  const std::vector<double> y = c.ValuesNhwc("y");
  EXPECT_THAT(conv.Forward(), IsCloseTo(y, GoldenBound(4e-7)));
  const TensorOf<int32_t> acc = conv.ForwardCodes(bits);
  EXPECT_THAT(acc, IsCloseTo(c.ValuesNhwc("acc"), ErrorBound{}));
  std::vector<double> scaled;
  for (const int32_t v : acc.span()) {
    scaled.push_back(static_cast<double>(v) * x.step * w.step);
  }
  EXPECT_THAT(scaled, IsCloseTo(y, ErrorBound{0, 1e-12}));

  const Tensor dy = c.GetNhwc("dy");
  x.Backward(conv.BackwardData(dy), c.Int("n_x"));
  w.Backward(conv.BackwardWeights(dy), c.Int("n_w"));
  EXPECT_THAT(x.dv, IsCloseTo(c.ValuesNhwc("dx"), GoldenBound(3e-7)));
  Tensor dw = Tensor::Zeros(full.shape());
  CopyElements<float>(w.dv, dw.view().Prefix(w.v.shape()));
  EXPECT_THAT(dw, IsCloseTo(c.Values("dw"), GoldenBound(3e-7)));
  const double magnitude_x = c.Scalar("dstep_x_magnitude");
  const double magnitude_w = c.Scalar("dstep_w_magnitude");
  EXPECT_NEAR(x.dstep, c.Scalar("dstep_x"), StepBound(3e-6, magnitude_x));
  EXPECT_NEAR(w.dstep, c.Scalar("dstep_w"), StepBound(2e-7, magnitude_w));
  EXPECT_NEAR(x.magnitude, magnitude_x, StepBound(3e-6, magnitude_x));
  EXPECT_NEAR(w.magnitude, magnitude_w, StepBound(2e-7, magnitude_w));
}

void CheckSharedInput(GoldenCase& c) {
  const int64_t bits = c.Int("bits");
  Quantized x(c.GetNhwc("x"), c.Scalar("step_x"), GoldenRange(bits, false));
  Tensor dx_hat = Tensor::Zeros(x.v.shape());
  for (const std::string branch : {"_conv1", "_downsample"}) {
    SCOPED_TRACE(branch);
    Quantized w(c.Get("w" + branch), c.Scalar("step_w" + branch),
                GoldenRange(bits, true));
    const Conv conv(x, w, static_cast<int>(c.Int("stride" + branch)), 0);
    EXPECT_THAT(conv.Forward(),
                IsCloseTo(c.ValuesNhwc("y" + branch), GoldenBound(4e-7)));
    const Tensor dy = c.GetNhwc("dy" + branch);
    const Tensor share = conv.BackwardData(dy);
    for (int64_t i = 0; i < share.count(); ++i) {
      dx_hat.data()[i] += share.data()[i];
    }
    w.Backward(conv.BackwardWeights(dy), c.Int("n_w" + branch));
    EXPECT_THAT(w.dv, IsCloseTo(c.Values("dw" + branch), GoldenBound(3e-7)));
    EXPECT_NEAR(w.dstep, c.Scalar("dstep_w" + branch),
                StepBound(5e-7, w.magnitude));
  }
  x.Backward(dx_hat, c.Int("n_x"));
  EXPECT_THAT(x.dv, IsCloseTo(c.ValuesNhwc("dx"), GoldenBound(3e-7)));
  EXPECT_NEAR(x.dstep, c.Scalar("dstep_x"), StepBound(3e-6, x.magnitude));
}

}  // namespace rtfq
