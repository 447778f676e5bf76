#include "rtfq/ops/conv2d_backward_data.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/dnnl.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/ops/conv2d_memory.h"
#include "rtfq/ops/conv2d_parts.h"

namespace rtfq::ops {
namespace {

using dnnl::memory;

template <typename T>
struct DataPart {
  DataPart(const Engine& engine, const Conv2dGeometry& g)
      : desc(GradientDesc<dnnl::convolution_backward_data::primitive_desc>(
            engine, g, {memory::data_type::f32, kDnnlType<T>, kDnnlType<T>})),
        primitive(desc),
        pack(engine, PlainWeightsDesc(g, kDnnlType<T>), desc.weights_desc()) {}

  dnnl::convolution_backward_data::primitive_desc desc;
  dnnl::convolution_backward_data primitive;
  Repack pack;
};

}  // namespace

template <typename T>
struct Conv2dBackwardData<T>::Kernels {
  std::unique_ptr<PartKernels<DataPart<T>>> made;
};

template <typename T>
absl::StatusOr<std::unique_ptr<Conv2dBackwardData<T>>>
Conv2dBackwardData<T>::Create(const Engine& engine,
                              const Conv2dGeometry& geometry) {
  RTFQ_RETURN_IF_ERROR(CheckGeometry(geometry));
  RTFQ_ASSIGN_OR_RETURN(
      auto made, PartKernels<DataPart<T>>::OfBatch(
                     engine, geometry,
                     absl::StrCat("data gradient of ", geometry.ToString())));
  auto result = std::unique_ptr<Conv2dBackwardData>(
      new Conv2dBackwardData(engine, geometry));
  result->kernels_ =
      std::make_unique<Kernels>(Kernels{.made = std::move(made)});
  return result;
}

template <typename T>
Conv2dBackwardData<T>::Conv2dBackwardData(const Engine& engine,
                                          const Conv2dGeometry& geometry)
    : engine_(engine), geometry_(geometry) {}

template <typename T>
Conv2dBackwardData<T>::~Conv2dBackwardData() = default;

template <typename T>
void Conv2dBackwardData<T>::Run(View<const T> dy, View<const T> w,
                                View<float> dx) const {
  const PartKernels<DataPart<T>>& k = *kernels_->made;
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
    const DataPart<T>& part = k.Of(i);
    const int64_t first = k.parts.First(i);
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

template <typename T>
std::string Conv2dBackwardData<T>::Description() const {
  return absl::StrCat(kernels_->made->parts.count(), " x ",
                      kernels_->made->small->desc.impl_info_str());
}

template class Conv2dBackwardData<float>;
template class Conv2dBackwardData<Bf16>;

}  // namespace rtfq::ops
