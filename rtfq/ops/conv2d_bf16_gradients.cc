#include "rtfq/ops/conv2d_bf16_gradients.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/conv2d_amx_weights.h"
#include "rtfq/ops/conv2d_memory.h"
#include "rtfq/ops/conv2d_pair_weights.h"

namespace rtfq::ops {
namespace {

View<const float> FloatsAt(const ScratchPool::Block& block,
                           const Shape& shape) {
  return View<const float>(block.as<float>(), shape);
}

// Null where oneDNN's must do.
std::unique_ptr<Conv2dBf16Weights> OwnWeights(const Engine& engine,
                                              const Conv2dGeometry& geometry) {
  if (UsesAmx() && Conv2dAmxWeights::Suits(geometry)) {
    return std::make_unique<Conv2dAmxWeights>(engine, geometry);
  }
  if (UsesAvx512Bf16() && Conv2dPairWeights::Suits(geometry)) {
    return std::make_unique<Conv2dPairWeights>(engine, geometry);
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Conv2dBf16Gradients>>
Conv2dBf16Gradients::Create(const Engine& engine,
                            const Conv2dGeometry& geometry) {
  RTFQ_RETURN_IF_ERROR(CheckGeometry(geometry));
  auto result =
      std::unique_ptr<Conv2dBf16Gradients>(new Conv2dBf16Gradients(engine));
  auto data = Conv2dBackwardData<Bf16>::Create(engine, geometry);
  auto own_weights = OwnWeights(engine, geometry);
  if (data.ok() && own_weights != nullptr) {
    result->data_ = *std::move(data);
    result->own_weights_ = std::move(own_weights);
    return result;
  }
  auto weights = Conv2dBackwardWeights<Bf16>::Create(engine, geometry);
  if (data.ok() && weights.ok()) {
    result->data_ = *std::move(data);
    result->weights_ = *std::move(weights);
    return result;
  }
  for (const absl::Status& status : {data.status(), weights.status()}) {
    if (!absl::IsUnimplemented(status)) RTFQ_RETURN_IF_ERROR(status);
  }
  RTFQ_ASSIGN_OR_RETURN(result->wide_, Conv2dPlan::Create(engine, geometry));
  return result;
}

ScratchPool::Block Conv2dBf16Gradients::Widened(View<const Bf16> v) const {
  ScratchPool::Block block =
      engine_.scratch().Borrow(v.count() * static_cast<int64_t>(sizeof(float)));
  Widen(engine_.threads(), v, View<float>(block.as<float>(), v.shape()));
  return block;
}

template <typename Code>
ScratchPool::Block Conv2dBf16Gradients::Numbers(View<const Code> codes) const {
  ScratchPool::Block block = engine_.scratch().Borrow(
      codes.count() * static_cast<int64_t>(sizeof(Bf16)));
  CodesToBf16(engine_.threads(), codes,
              View<Bf16>(block.as<Bf16>(), codes.shape()));
  return block;
}

void Conv2dBf16Gradients::BackwardData(View<const Bf16> dy,
                                       View<const int8_t> w_codes,
                                       View<float> dx) const {
  const ScratchPool::Block w = Numbers(w_codes);
  BackwardData(dy, View<const Bf16>(w.as<Bf16>(), w_codes.shape()), dx);
}

void Conv2dBf16Gradients::BackwardData(View<const Bf16> dy, View<const Bf16> w,
                                       View<float> dx) const {
  if (native()) {
    data_->Run(dy, w, dx);
    return;
  }
  const ScratchPool::Block wide_dy = Widened(dy), wide_w = Widened(w);
  wide_->BackwardData(FloatsAt(wide_dy, dy.shape()),
                      FloatsAt(wide_w, w.shape()), dx);
}

void Conv2dBf16Gradients::BackwardWeights(View<const uint8_t> x_codes,
                                          Sign sign, View<const Bf16> dy,
                                          View<float> dw) const {
  if (own_weights_ != nullptr) {
    own_weights_->Run(x_codes, sign, dy, dw);
    return;
  }
  const Shape& shape = x_codes.shape();
  const ScratchPool::Block x =
      sign == Sign::kSigned
          ? Numbers(View<const int8_t>(
                reinterpret_cast<const int8_t*>(x_codes.data()), shape))
          : Numbers(x_codes);
  BackwardWeights(View<const Bf16>(x.as<Bf16>(), shape), dy, dw);
}

void Conv2dBf16Gradients::BackwardWeights(View<const Bf16> x,
                                          View<const Bf16> dy,
                                          View<float> dw) const {
  if (own_weights_ != nullptr) {
    own_weights_->Run(x, dy, dw);
    return;
  }
  if (native()) {
    weights_->Run(x, dy, dw);
    return;
  }
  const ScratchPool::Block wide_dy = Widened(dy), wide_x = Widened(x);
  wide_->BackwardWeights(FloatsAt(wide_x, x.shape()),
                         FloatsAt(wide_dy, dy.shape()), dw);
}

std::string Conv2dBf16Gradients::Description() const {
  if (!native()) return absl::StrCat("widened: ", wide_->Description());
  return absl::StrCat("backward data ", data_->Description(),
                      ", backward weights ",
                      own_weights_ != nullptr ? own_weights_->Description()
                                              : weights_->Description());
}

}  // namespace rtfq::ops
