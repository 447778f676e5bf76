#include "rtfq/ops/conv2d_bf16_gradients.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"

namespace rtfq::ops {
namespace {

View<const float> FloatsAt(const ScratchPool::Block& block,
                           const Shape& shape) {
  return View<const float>(block.as<float>(), shape);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Conv2dBf16Gradients>>
Conv2dBf16Gradients::Create(const Engine& engine,
                            const Conv2dGeometry& geometry) {
  auto result =
      std::unique_ptr<Conv2dBf16Gradients>(new Conv2dBf16Gradients(engine));
  auto data = Conv2dBackwardData<Bf16>::Create(engine, geometry);
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

void Conv2dBf16Gradients::BackwardData(View<const Bf16> dy, View<const Bf16> w,
                                       View<float> dx) const {
  if (native()) return data_->Run(dy, w, dx);
  const ScratchPool::Block wide_dy = Widened(dy), wide_w = Widened(w);
  wide_->BackwardData(FloatsAt(wide_dy, dy.shape()),
                      FloatsAt(wide_w, w.shape()), dx);
}

void Conv2dBf16Gradients::BackwardWeights(View<const Bf16> x,
                                          View<const Bf16> dy,
                                          View<float> dw) const {
  if (native()) return weights_->Run(x, dy, dw);
  const ScratchPool::Block wide_x = Widened(x), wide_dy = Widened(dy);
  wide_->BackwardWeights(FloatsAt(wide_x, x.shape()),
                         FloatsAt(wide_dy, dy.shape()), dw);
}

std::string Conv2dBf16Gradients::Description() const {
  if (!native()) return absl::StrCat("widened: ", wide_->Description());
  return absl::StrCat("backward data ", data_->Description(),
                      ", backward weights ", weights_->Description());
}

}  // namespace rtfq::ops
