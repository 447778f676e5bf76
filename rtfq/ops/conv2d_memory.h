// What the convolution plans share: descriptors and repacking of weights.
// Speaks oneDNN; included by rtfq/ops/conv2d*.cc alone.
#ifndef RTFQ_OPS_CONV2D_MEMORY_H_
#define RTFQ_OPS_CONV2D_MEMORY_H_

#include "absl/status/status.h"
#include "oneapi/dnnl/dnnl.hpp"
#include "rtfq/core/engine.h"
#include "rtfq/core/shape.h"
#include "rtfq/ops/conv2d_geometry.h"

namespace rtfq::ops {

// kInvalidArgument with the geometry for sizes that are no convolution.
absl::Status CheckGeometry(const Conv2dGeometry& geometry);

// Activations [N,H,W,C].
dnnl::memory::desc ImagesDesc(const Shape& shape, dnnl::memory::data_type type);
// Weights in whatever layout the kernel prefers.
dnnl::memory::desc AnyWeightsDesc(const Conv2dGeometry& geometry,
                                  dnnl::memory::data_type type);
// Weights as the supernet keeps them, [O,I,K,K], dense.
dnnl::memory::desc PlainWeightsDesc(const Conv2dGeometry& geometry,
                                    dnnl::memory::data_type type);

// The forward convolution of x and w in `type` to y in `written`.
dnnl::convolution_forward::primitive_desc ForwardDesc(
    const Engine& engine, const Conv2dGeometry& geometry,
    dnnl::memory::data_type type, dnnl::memory::data_type written);

// Throws dnnl::error, unimplemented, for what is slower in bf16 than in f32:
// plain loops, and products that pass through packed copies.
void CheckFastBf16(const std::string& implementation);

dnnl::primitive_attr UserScratchpad();

// A memory object over elements that the primitive only reads may be made from
// a pointer to const: oneDNN has no such type.
dnnl::memory MemoryAt(const Engine& engine, const dnnl::memory::desc& desc,
                      const void* data);

// One reorder between two layouts of the same weights.
class Repack {
 public:
  // Throws dnnl::error as every maker here does; callers use CatchDnnl.
  Repack(const Engine& engine, const dnnl::memory::desc& from,
         const dnnl::memory::desc& to);

  // Size of the result.
  int64_t bytes() const;
  // Room for it.
  ScratchPool::Block Borrow(const Engine& engine) const;
  // Repacks `from` into `to` and returns the memory object over `to`.
  dnnl::memory Run(const Engine& engine, const void* from, void* to) const;
  // The same on the calling thread alone.
  void RunSerially(const Engine& engine, const void* from, void* to) const;

 private:
  dnnl::reorder::primitive_desc desc_;
  dnnl::reorder reorder_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_MEMORY_H_
