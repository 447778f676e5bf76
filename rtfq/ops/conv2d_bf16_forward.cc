#include "rtfq/ops/conv2d_bf16_forward.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/conv2d_memory.h"

namespace rtfq::ops {

using dnnl::memory;

struct Conv2dBf16Forward::Kernel {
  Kernel(const Engine& engine, const Conv2dGeometry& g)
      : desc(ForwardDesc(engine, g, memory::data_type::bf16,
                         memory::data_type::f32)),
        primitive(desc),
        pack(engine, PlainWeightsDesc(g, memory::data_type::bf16),
             desc.weights_desc()) {
    CheckFastBf16(desc.impl_info_str());
  }

  dnnl::convolution_forward::primitive_desc desc;
  dnnl::convolution_forward primitive;
  Repack pack;
};

absl::StatusOr<std::unique_ptr<Conv2dBf16Forward>> Conv2dBf16Forward::Create(
    const Engine& engine, const Conv2dGeometry& geometry) {
  RTFQ_RETURN_IF_ERROR(CheckGeometry(geometry));
  auto result = std::unique_ptr<Conv2dBf16Forward>(
      new Conv2dBf16Forward(engine, geometry));
  const absl::Status made = CatchDnnl(
      engine, absl::StrCat("bf16 ", geometry.ToString()),
      [&] { result->kernel_ = std::make_unique<Kernel>(engine, geometry); });
  if (made.ok()) return result;
  if (!absl::IsUnimplemented(made)) return made;
  RTFQ_ASSIGN_OR_RETURN(result->wide_, Conv2dPlan::Create(engine, geometry));
  return result;
}

Conv2dBf16Forward::Conv2dBf16Forward(const Engine& engine,
                                     const Conv2dGeometry& geometry)
    : engine_(engine), geometry_(geometry) {}

Conv2dBf16Forward::~Conv2dBf16Forward() = default;

void Conv2dBf16Forward::RunWidened(View<const Bf16> x, View<const Bf16> w,
                                   View<float> y) const {
  const auto borrow = [this](View<const Bf16> v) {
    return engine_.scratch().Borrow(v.count() *
                                    static_cast<int64_t>(sizeof(float)));
  };
  const ScratchPool::Block x_block = borrow(x), w_block = borrow(w);
  const View<float> wide_x(x_block.as<float>(), x.shape());
  const View<float> wide_w(w_block.as<float>(), w.shape());
  Widen(engine_.threads(), x, wide_x);
  Widen(engine_.threads(), w, wide_w);
  wide_->Forward(wide_x, wide_w, y);
}

void Conv2dBf16Forward::Run(View<const Bf16> x, View<const Bf16> w,
                            View<float> y) const {
  RTFQ_CHECK(x.shape() == geometry_.x_shape() && x.IsDense());
  RTFQ_CHECK(w.shape() == geometry_.w_shape() && w.IsDense());
  RTFQ_CHECK(y.shape() == geometry_.y_shape() && y.IsDense());
  if (wide_ != nullptr) return RunWidened(x, w, y);
  const Kernel& k = *kernel_;
  const ScratchPool::Block packed = k.pack.Borrow(engine_);
  ExecuteDnnl(engine_, k.primitive,
              {{DNNL_ARG_SRC, MemoryAt(engine_, k.desc.src_desc(), x.data())},
               {DNNL_ARG_WEIGHTS, k.pack.Run(engine_, w.data(), packed.data())},
               {DNNL_ARG_DST, MemoryAt(engine_, k.desc.dst_desc(), y.data())}},
              k.desc.scratchpad_desc());
}

std::string Conv2dBf16Forward::Description() const {
  if (wide_ != nullptr) return absl::StrCat("widened: ", wide_->Description());
  return kernel_->desc.impl_info_str();
}

}  // namespace rtfq::ops
