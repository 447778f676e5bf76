#include "rtfq/tools/precision_choice.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_format.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/conv2d.h"
#include "rtfq/ops/conv2d_bf16_gradients.h"

namespace rtfq {
namespace {

constexpr int64_t kBatch = 8;
constexpr int kRuns = 3;

// Bottleneck convolutions of the third stage at 224 pixels.
constexpr ops::Conv2dGeometry kGeometries[] = {{.batch = kBatch,
                                                .in_channels = 256,
                                                .out_channels = 256,
                                                .in_size = 14,
                                                .kernel = 3,
                                                .stride = 1,
                                                .padding = 1},
                                               {.batch = kBatch,
                                                .in_channels = 1024,
                                                .out_channels = 256,
                                                .in_size = 14,
                                                .kernel = 1,
                                                .stride = 1,
                                                .padding = 0}};

// Small integers that do not repeat soon: all sums of their products are exact,
// in any order.
TensorOf<int8_t> Integers(const Shape& shape) {
  auto codes = TensorOf<int8_t>::Uninitialized(shape);
  uint32_t state = 1;
  for (int8_t& code : codes.span()) {
    state = state * 1664525 + 1013904223;
    code = static_cast<int8_t>(static_cast<int32_t>(state >> 28) - 8);
  }
  return codes;
}

struct Operand {
  Operand(const ThreadPool& threads, const Shape& shape)
      : codes(Integers(shape)),
        narrow(TensorOf<ops::Bf16>::Uninitialized(shape)),
        wide(Tensor::Uninitialized(shape)) {
    ops::CodesToBf16(threads, codes, narrow.view());
    ops::Widen(threads, narrow, wide.view());
  }
  View<const uint8_t> bytes() const {
    return {reinterpret_cast<const uint8_t*>(codes.data()), codes.shape()};
  }
  TensorOf<int8_t> codes;
  TensorOf<ops::Bf16> narrow;
  Tensor wide;
};

struct Gradients {
  explicit Gradients(const ops::Conv2dGeometry& g)
      : dx(Tensor::Zeros(g.x_shape())), dw(Tensor::Zeros(g.w_shape())) {}
  bool operator==(const Gradients& other) const {
    return std::ranges::equal(dx.span(), other.dx.span()) &&
           std::ranges::equal(dw.span(), other.dw.span());
  }
  Tensor dx, dw;
};

double Fastest(const Clock& clock, absl::FunctionRef<void()> run) {
  run();  // warms up
  double best = 0;
  for (int i = 0; i < kRuns; ++i) {
    const double start = clock();
    run();
    const double elapsed = clock() - start;
    if (i == 0 || elapsed < best) best = elapsed;
  }
  return best;
}

struct Rates {
  double macs = 0, f32_s = 0, bf16_s = 0;
  bool native = true, right = true;
};

absl::Status Measure(const Engine& engine, const ops::Conv2dGeometry& g,
                     const Clock& clock, Rates& rates) {
  RTFQ_ASSIGN_OR_RETURN(const auto f32, ops::Conv2dPlan::Create(engine, g));
  RTFQ_ASSIGN_OR_RETURN(const auto bf16,
                        ops::Conv2dBf16Gradients::Create(engine, g));
  const ThreadPool& threads = engine.threads();
  const Operand x(threads, g.x_shape()), w(threads, g.w_shape()),
      dy(threads, g.y_shape());
  Gradients from_f32(g), from_bf16(g);
  rates.f32_s += Fastest(clock, [&] {
    f32->BackwardData(dy.wide, w.wide, from_f32.dx);
    f32->BackwardWeights(x.wide, dy.wide, from_f32.dw);
  });
  rates.bf16_s += Fastest(clock, [&] {
    bf16->BackwardData(dy.narrow, w.codes, from_bf16.dx);
    bf16->BackwardWeights(x.bytes(), Sign::kSigned, dy.narrow, from_bf16.dw);
  });
  rates.macs += 2 * static_cast<double>(g.macs());
  rates.native = rates.native && bf16->native();
  rates.right = rates.right && from_f32 == from_bf16;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PrecisionChoice> ChoosePrecision(const Engine& engine,
                                                const Clock& clock) {
  Rates rates;
  for (const ops::Conv2dGeometry& g : kGeometries) {
    RTFQ_RETURN_IF_ERROR(Measure(engine, g, clock, rates));
  }
  PrecisionChoice choice;
  if (rates.native && rates.right && rates.bf16_s < rates.f32_s) {
    choice.precision = AdaptationConfig::BF16;
  }
  choice.reason = absl::StrFormat(
      "precision %s: gradients at %.0f GMAC/s in f32, %.0f in bf16%s",
      AdaptationConfig::Precision_Name(choice.precision),
      rates.macs / rates.f32_s / 1e9, rates.macs / rates.bf16_s / 1e9,
      !rates.native  ? " (this processor has no fast bf16)"
      : !rates.right ? " (whose sums are wrong here: please report this)"
                     : "");
  return choice;
}

}  // namespace rtfq
