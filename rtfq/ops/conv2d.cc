#include "rtfq/ops/conv2d.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/conv2d_memory.h"

namespace rtfq::ops {
using dnnl::memory;

struct Conv2dPlan::Kernels {
  Kernels(const Engine& engine, const Conv2dGeometry& g)
      : forward_desc(ForwardDesc(engine, g, memory::data_type::f32,
                                 memory::data_type::f32)),
        forward(forward_desc),
        plain_weights(PlainWeightsDesc(g, memory::data_type::f32)),
        pack_forward(engine, plain_weights, forward_desc.weights_desc()) {}

  dnnl::convolution_forward::primitive_desc forward_desc;
  dnnl::convolution_forward forward;
  memory::desc plain_weights;  // [O,I,K,K], dense
  Repack pack_forward;
};

absl::StatusOr<std::unique_ptr<Conv2dPlan>> Conv2dPlan::Create(
    const Engine& engine, const Conv2dGeometry& geometry) {
  RTFQ_RETURN_IF_ERROR(CheckGeometry(geometry));
  auto plan = std::unique_ptr<Conv2dPlan>(new Conv2dPlan(engine, geometry));
  RTFQ_RETURN_IF_ERROR(CatchDnnl(
      engine, absl::StrCat("f32 ", geometry.ToString()),
      [&] { plan->kernels_ = std::make_unique<Kernels>(engine, geometry); }));
  RTFQ_ASSIGN_OR_RETURN(plan->backward_data_,
                        Conv2dBackwardData<float>::Create(engine, geometry));
  RTFQ_ASSIGN_OR_RETURN(plan->backward_weights_,
                        Conv2dBackwardWeights<float>::Create(engine, geometry));
  return plan;
}

Conv2dPlan::Conv2dPlan(const Engine& engine, const Conv2dGeometry& geometry)
    : engine_(engine), geometry_(geometry) {}

Conv2dPlan::~Conv2dPlan() = default;

void Conv2dPlan::Forward(View<const float> x, View<const float> w,
                         View<float> y) const {
  RTFQ_CHECK(x.shape() == geometry_.x_shape() && x.IsDense());
  RTFQ_CHECK(w.shape() == geometry_.w_shape() && w.IsDense());
  RTFQ_CHECK(y.shape() == geometry_.y_shape() && y.IsDense());
  const Kernels& k = *kernels_;
  const ScratchPool::Block packed = k.pack_forward.Borrow(engine_);
  ExecuteDnnl(
      engine_, k.forward,
      {{DNNL_ARG_SRC, MemoryAt(engine_, k.forward_desc.src_desc(), x.data())},
       {DNNL_ARG_WEIGHTS, k.pack_forward.Run(engine_, w.data(), packed.data())},
       {DNNL_ARG_DST, MemoryAt(engine_, k.forward_desc.dst_desc(), y.data())}},
      k.forward_desc.scratchpad_desc());
}

void Conv2dPlan::BackwardData(View<const float> dy, View<const float> w,
                              View<float> dx) const {
  RTFQ_CHECK(dy.shape() == geometry_.y_shape() && dy.IsDense());
  RTFQ_CHECK(w.shape() == geometry_.w_shape() && w.IsDense());
  RTFQ_CHECK(dx.shape() == geometry_.x_shape() && dx.IsDense());
  backward_data_->Run(dy, w, dx);
}

void Conv2dPlan::BackwardWeights(View<const float> x, View<const float> dy,
                                 View<float> dw) const {
  RTFQ_CHECK(x.shape() == geometry_.x_shape() && x.IsDense());
  RTFQ_CHECK(dy.shape() == geometry_.y_shape() && dy.IsDense());
  RTFQ_CHECK(dw.shape() == geometry_.w_shape() && dw.IsDense());
  backward_weights_->Run(x, dy, dw);
}

std::string Conv2dPlan::Description() const {
  return absl::StrCat("forward ", kernels_->forward_desc.impl_info_str(),
                      ", backward data ", backward_data_->Description(),
                      ", backward weights ", backward_weights_->Description());
}

}  // namespace rtfq::ops
