#include "rtfq/ops/conv2d_backward_data.h"

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/batch_parts.h"
#include "rtfq/ops/conv2d_memory.h"

namespace rtfq::ops {
namespace {

using dnnl::memory;

struct Part {
  Part(const Engine& engine, const Conv2dGeometry& g)
      : forward(engine.dnnl().engine, dnnl::prop_kind::forward_training,
                dnnl::algorithm::convolution_direct,
                ImagesDesc(g.x_shape(), memory::data_type::f32),
                AnyWeightsDesc(g, memory::data_type::f32),
                ImagesDesc(g.y_shape(), memory::data_type::f32),
                {g.stride, g.stride}, {g.padding, g.padding},
                {g.padding, g.padding}, UserScratchpad()),
        desc(engine.dnnl().engine, dnnl::algorithm::convolution_direct,
             ImagesDesc(g.x_shape(), memory::data_type::f32),
             AnyWeightsDesc(g, memory::data_type::f32),
             ImagesDesc(g.y_shape(), memory::data_type::f32),
             {g.stride, g.stride}, {g.padding, g.padding},
             {g.padding, g.padding}, forward, UserScratchpad()),
        primitive(desc),
        pack(engine, PlainWeightsDesc(g, memory::data_type::f32),
             desc.weights_desc()) {}

  dnnl::convolution_forward::primitive_desc forward;
  dnnl::convolution_backward_data::primitive_desc desc;
  dnnl::convolution_backward_data primitive;
  Repack pack;
};

}  // namespace

struct Conv2dBackwardData::Kernels {
  explicit Kernels(int64_t batch) : parts(batch) {}
  BatchParts parts;
  std::optional<Part> large, small;
};

absl::StatusOr<std::unique_ptr<Conv2dBackwardData>> Conv2dBackwardData::Create(
    const Engine& engine, const Conv2dGeometry& geometry) {
  auto result = std::unique_ptr<Conv2dBackwardData>(
      new Conv2dBackwardData(engine, geometry));
  auto kernels = std::make_unique<Kernels>(geometry.batch);
  // Inside one thread, for that is what the kernels are made for and run on.
  absl::Status status;
  ThreadPool::ExecuteSerially([&] {
    try {
      Conv2dGeometry part = geometry;
      part.batch = kernels->parts.small_images();
      kernels->small.emplace(engine, part);
      if (!kernels->parts.has_large()) return;
      part.batch = kernels->parts.large_images();
      kernels->large.emplace(engine, part);
    } catch (const dnnl::error& error) {
      status = DnnlError(
          error, absl::StrCat("f32 data gradient of ", geometry.ToString()));
    }
  });
  RTFQ_RETURN_IF_ERROR(status);
  result->kernels_ = std::move(kernels);
  return result;
}

Conv2dBackwardData::Conv2dBackwardData(const Engine& engine,
                                       const Conv2dGeometry& geometry)
    : engine_(engine), geometry_(geometry) {}

Conv2dBackwardData::~Conv2dBackwardData() = default;

void Conv2dBackwardData::Run(View<const float> dy, View<const float> w,
                             View<float> dx) const {
  const Kernels& k = *kernels_;
  const int64_t x_image = dx.count() / geometry_.batch;
  const int64_t y_image = dy.count() / geometry_.batch;
  // Both sizes of parts pack the weights alike or not: each packs its own.
  const ScratchPool::Block small_block = k.small->pack.Borrow(engine_);
  const ScratchPool::Block large_block =
      (k.large ? *k.large : *k.small).pack.Borrow(engine_);
  const memory small_weights =
      k.small->pack.Run(engine_, w.data(), small_block.data());
  memory large_weights;
  if (k.large) {
    large_weights = k.large->pack.Run(engine_, w.data(), large_block.data());
  }
  engine_.threads().For(k.parts.count(), 1, [&](int64_t i, int64_t) {
    const bool large = k.parts.IsLarge(i);
    const Part& part = large ? *k.large : *k.small;
    const int64_t first = k.parts.FirstImage(i);
    ExecuteDnnlSerially(
        engine_, part.primitive,
        {{DNNL_ARG_DIFF_DST, MemoryAt(engine_, part.desc.diff_dst_desc(),
                                      dy.data() + first * y_image)},
         {DNNL_ARG_WEIGHTS, large ? large_weights : small_weights},
         {DNNL_ARG_DIFF_SRC, MemoryAt(engine_, part.desc.diff_src_desc(),
                                      dx.data() + first * x_image)}},
        part.desc.scratchpad_desc());
  });
}

std::string Conv2dBackwardData::Description() const {
  return absl::StrCat(kernels_->parts.count(), " x ",
                      kernels_->small->desc.impl_info_str());
}

}  // namespace rtfq::ops
