#include "rtfq/ops/conv2d.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/conv2d_memory.h"

namespace rtfq::ops {
namespace {

using dnnl::memory;

dnnl::convolution_forward::primitive_desc ForwardDesc(
    const Engine& engine, const Conv2dGeometry& g) {
  return {engine.dnnl().engine,
          dnnl::prop_kind::forward_training,
          dnnl::algorithm::convolution_direct,
          ImagesDesc(g.x_shape(), memory::data_type::f32),
          AnyWeightsDesc(g, memory::data_type::f32),
          ImagesDesc(g.y_shape(), memory::data_type::f32),
          {g.stride, g.stride},
          {g.padding, g.padding},
          {g.padding, g.padding},
          UserScratchpad()};
}

dnnl::convolution_backward_data::primitive_desc BackwardDataDesc(
    const Engine& engine, const Conv2dGeometry& g,
    const dnnl::convolution_forward::primitive_desc& forward) {
  return {engine.dnnl().engine,
          dnnl::algorithm::convolution_direct,
          ImagesDesc(g.x_shape(), memory::data_type::f32),
          AnyWeightsDesc(g, memory::data_type::f32),
          ImagesDesc(g.y_shape(), memory::data_type::f32),
          {g.stride, g.stride},
          {g.padding, g.padding},
          {g.padding, g.padding},
          forward,
          UserScratchpad()};
}

dnnl::convolution_backward_weights::primitive_desc BackwardWeightsDesc(
    const Engine& engine, const Conv2dGeometry& g,
    const dnnl::convolution_forward::primitive_desc& forward) {
  return {engine.dnnl().engine,
          dnnl::algorithm::convolution_direct,
          ImagesDesc(g.x_shape(), memory::data_type::f32),
          AnyWeightsDesc(g, memory::data_type::f32),
          ImagesDesc(g.y_shape(), memory::data_type::f32),
          {g.stride, g.stride},
          {g.padding, g.padding},
          {g.padding, g.padding},
          forward,
          UserScratchpad()};
}

}  // namespace

struct Conv2dPlan::Kernels {
  Kernels(const Engine& engine, const Conv2dGeometry& g)
      : forward_desc(ForwardDesc(engine, g)),
        data_desc(BackwardDataDesc(engine, g, forward_desc)),
        weights_desc(BackwardWeightsDesc(engine, g, forward_desc)),
        forward(forward_desc),
        data(data_desc),
        weights(weights_desc),
        plain_weights(PlainWeightsDesc(g, memory::data_type::f32)),
        pack_forward(engine, plain_weights, forward_desc.weights_desc()),
        pack_data(engine, plain_weights, data_desc.weights_desc()),
        unpack_gradient(engine, weights_desc.diff_weights_desc(),
                        plain_weights) {}

  dnnl::convolution_forward::primitive_desc forward_desc;
  dnnl::convolution_backward_data::primitive_desc data_desc;
  dnnl::convolution_backward_weights::primitive_desc weights_desc;
  dnnl::convolution_forward forward;
  dnnl::convolution_backward_data data;
  dnnl::convolution_backward_weights weights;
  memory::desc plain_weights;  // [O,I,K,K], dense
  Repack pack_forward;
  Repack pack_data;
  Repack unpack_gradient;
};

absl::StatusOr<std::unique_ptr<Conv2dPlan>> Conv2dPlan::Create(
    const Engine& engine, const Conv2dGeometry& geometry) {
  RTFQ_RETURN_IF_ERROR(CheckGeometry(geometry));
  auto plan = std::unique_ptr<Conv2dPlan>(new Conv2dPlan(engine, geometry));
  RTFQ_RETURN_IF_ERROR(
      CatchDnnl(engine, absl::StrCat("f32 ", geometry.ToString()), [&] {
        plan->kernels_ = std::make_unique<Kernels>(engine, geometry);
      }));
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
  const Kernels& k = *kernels_;
  const ScratchPool::Block packed = k.pack_data.Borrow(engine_);
  ExecuteDnnl(
      engine_, k.data,
      {{DNNL_ARG_DIFF_DST,
        MemoryAt(engine_, k.data_desc.diff_dst_desc(), dy.data())},
       {DNNL_ARG_WEIGHTS, k.pack_data.Run(engine_, w.data(), packed.data())},
       {DNNL_ARG_DIFF_SRC,
        MemoryAt(engine_, k.data_desc.diff_src_desc(), dx.data())}},
      k.data_desc.scratchpad_desc());
}

void Conv2dPlan::BackwardWeights(View<const float> x, View<const float> dy,
                                 View<float> dw) const {
  RTFQ_CHECK(x.shape() == geometry_.x_shape() && x.IsDense());
  RTFQ_CHECK(dy.shape() == geometry_.y_shape() && dy.IsDense());
  RTFQ_CHECK(dw.shape() == geometry_.w_shape() && dw.IsDense());
  const Kernels& k = *kernels_;
  const memory::desc packed_desc = k.weights_desc.diff_weights_desc();
  const ScratchPool::Block packed =
      engine_.scratch().Borrow(static_cast<int64_t>(packed_desc.get_size()));
  ExecuteDnnl(
      engine_, k.weights,
      {{DNNL_ARG_SRC, MemoryAt(engine_, k.weights_desc.src_desc(), x.data())},
       {DNNL_ARG_DIFF_DST,
        MemoryAt(engine_, k.weights_desc.diff_dst_desc(), dy.data())},
       {DNNL_ARG_DIFF_WEIGHTS, MemoryAt(engine_, packed_desc, packed.data())}},
      k.weights_desc.scratchpad_desc());
  k.unpack_gradient.Run(engine_, packed.data(), dw.data());
}

std::string Conv2dPlan::Description() const {
  return absl::StrCat("forward ", kernels_->forward_desc.impl_info_str(),
                      ", backward data ", kernels_->data_desc.impl_info_str(),
                      ", backward weights ",
                      kernels_->weights_desc.impl_info_str());
}

}  // namespace rtfq::ops
