#include "rtfq/ops/conv2d_memory.h"

#include "absl/strings/str_cat.h"
#include "rtfq/core/dnnl.h"

namespace rtfq::ops {

using dnnl::memory;

absl::Status CheckGeometry(const Conv2dGeometry& g) {
  const bool ok = g.batch >= 1 && g.in_channels >= 1 && g.out_channels >= 1 &&
                  g.in_size >= 1 && g.kernel >= 1 && g.stride >= 1 &&
                  g.padding >= 0 && g.in_size + 2 * g.padding >= g.kernel;
  if (ok) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(g.ToString(), ", padding ", g.padding,
                   ": the kernel must fit into the padded image and every size "
                   "be at least 1"));
}

memory::desc ImagesDesc(const Shape& shape, memory::data_type type) {
  return memory::desc({shape[0], shape[3], shape[1], shape[2]}, type,
                      memory::format_tag::nhwc);
}

memory::desc AnyWeightsDesc(const Conv2dGeometry& g, memory::data_type type) {
  return memory::desc({g.out_channels, g.in_channels, g.kernel, g.kernel}, type,
                      memory::format_tag::any);
}

memory::desc PlainWeightsDesc(const Conv2dGeometry& g, memory::data_type type) {
  return memory::desc({g.out_channels, g.in_channels, g.kernel, g.kernel}, type,
                      memory::format_tag::oihw);
}

dnnl::convolution_forward::primitive_desc ForwardDesc(
    const Engine& engine, const Conv2dGeometry& g, memory::data_type type,
    memory::data_type written) {
  return {engine.dnnl().engine,
          dnnl::prop_kind::forward_training,
          dnnl::algorithm::convolution_direct,
          ImagesDesc(g.x_shape(), type),
          AnyWeightsDesc(g, type),
          ImagesDesc(g.y_shape(), written),
          {g.stride, g.stride},
          {g.padding, g.padding},
          {g.padding, g.padding},
          UserScratchpad()};
}

void CheckFastBf16(const std::string& implementation) {
  if (implementation.starts_with("ref") || implementation.starts_with("gemm")) {
    throw dnnl::error(dnnl_unimplemented, "no fast kernel for bf16");
  }
}

dnnl::primitive_attr UserScratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

memory MemoryAt(const Engine& engine, const memory::desc& desc,
                const void* data) {
  return memory(desc, engine.dnnl().engine, const_cast<void*>(data));
}

Repack::Repack(const Engine& engine, const memory::desc& from,
               const memory::desc& to)
    : desc_(engine.dnnl().engine, from, engine.dnnl().engine, to,
            UserScratchpad()),
      reorder_(desc_) {}

int64_t Repack::bytes() const {
  return static_cast<int64_t>(desc_.dst_desc().get_size());
}

ScratchPool::Block Repack::Borrow(const Engine& engine) const {
  return engine.scratch().Borrow(bytes());
}

memory Repack::Run(const Engine& engine, const void* from, void* to) const {
  memory packed = MemoryAt(engine, desc_.dst_desc(), to);
  ExecuteDnnl(engine, reorder_,
              {{DNNL_ARG_FROM, MemoryAt(engine, desc_.src_desc(), from)},
               {DNNL_ARG_TO, packed}},
              desc_.scratchpad_desc());
  return packed;
}

void Repack::RunSerially(const Engine& engine, const void* from,
                         void* to) const {
  ExecuteDnnlSerially(
      engine, reorder_,
      {{DNNL_ARG_FROM, MemoryAt(engine, desc_.src_desc(), from)},
       {DNNL_ARG_TO, MemoryAt(engine, desc_.dst_desc(), to)}},
      desc_.scratchpad_desc());
}

}  // namespace rtfq::ops
