// The exact integer convolution of codes.
#ifndef RTFQ_OPS_CONV2D_INT8_H_
#define RTFQ_OPS_CONV2D_INT8_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/conv2d_code_kernel.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/sum_block.h"

namespace rtfq::ops {

// acc = conv(x_codes, w_codes) in 32-bit integers, without any rounding, on
// every instruction set. Machine code for one geometry, as Conv2dPlan: tiles of
// our own on AMX (conv2d_amx.h), AVX2, AVX-VNNI and AVX-512 with VNNI
// (conv2d_tiles.h, and conv2d_winograd.h where that is faster), oneDNN's
// elsewhere (conv2d_code_groups.h).
class Conv2dInt8Plan {
 public:
  // Input codes are CodesOf(bits, sign), weights CodesOf(bits, kSigned);
  // `bits` at most 8. `engine` must outlive the plan. kUnimplemented, naming
  // the geometry, if oneDNN has no such kernel for this CPU.
  static absl::StatusOr<std::unique_ptr<Conv2dInt8Plan>> Create(
      const Engine& engine, const Conv2dGeometry& geometry, BitWidth bits,
      Sign sign);

  const Conv2dGeometry& geometry() const { return geometry_; }

  // x_codes [N,H,W,I] (the bytes of s8 codes where `sign` is kSigned),
  // w_codes [O,I,K,K], acc [N,P,Q,O]; all dense.
  void Forward(View<const uint8_t> x_codes, View<const int8_t> w_codes,
               View<int32_t> acc) const;
  // The same, block by block while the sums are still in a cache.
  void Forward(View<const uint8_t> x_codes, View<const int8_t> w_codes,
               SumReader reader) const;

  // Weights as the kernels want them, for a network that no longer changes.
  class PackedWeights {
   public:
    int64_t bytes() const { return packed_.count(); }

   private:
    friend class Conv2dInt8Plan;
    TensorOf<uint8_t> packed_;
  };
  // w_codes [O,I,K,K], dense. The result serves this plan alone.
  PackedWeights Pack(View<const int8_t> w_codes) const;
  void Forward(View<const uint8_t> x_codes, const PackedWeights& weights,
               View<int32_t> acc) const;
  // `beside` [N,P,Q,O], dense, or without data: what `reader` reads and perhaps
  // overwrites; it may be fetched meanwhile.
  void Forward(View<const uint8_t> x_codes, const PackedWeights& weights,
               SumReader reader, View<const float> beside = {}) const;

  // Sums of this convolution and of `other`, whose outputs have the same shape,
  // block by block, each with its own input and weights.
  void ForwardPair(View<const uint8_t> x_codes, const PackedWeights& weights,
                   const Conv2dInt8Plan& other, View<const uint8_t> other_codes,
                   const PackedWeights& other_weights,
                   SumPairReader reader) const;

  // The number of convolutions a pass runs, and their kernel's name.
  std::string Description() const { return kernel_->Description(); }

 private:
  Conv2dInt8Plan(const Engine& engine, const Conv2dGeometry& geometry)
      : engine_(engine), geometry_(geometry) {}

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  std::unique_ptr<Conv2dCodeKernel> kernel_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_INT8_H_
