// What the exact integer convolutions of our own have in common.
#ifndef RTFQ_OPS_CONV2D_CODE_KERNEL_H_
#define RTFQ_OPS_CONV2D_CODE_KERNEL_H_

#include <cstdint>
#include <string>

#include "rtfq/core/tensor.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/sum_block.h"

namespace rtfq::ops {

// What a convolution reads.
struct PackedInput {
  View<const uint8_t> x_codes;
  const void* packed;
};

// Machine code for one geometry, immutable. x_codes [N,H,W,I] are bytes,
// w_codes [O,I,K,K], all dense.
class Conv2dCodeKernel {
 public:
  virtual ~Conv2dCodeKernel() = default;

  // The number of convolutions a pass runs, and their kernel's name.
  virtual std::string Description() const = 0;

  // Of the packed weights, which Pack() writes in the kernel's own order.
  virtual int64_t packed_bytes() const = 0;
  virtual void Pack(View<const int8_t> w_codes, void* packed) const = 0;

  // Hands all sums to `reader`, block by block. `beside` [N,P,Q,O], dense, or
  // without data: what `reader` reads and perhaps overwrites; it may be fetched
  // while the sums of the same pixels and channels are computed.
  virtual void Forward(View<const uint8_t> x_codes, const void* packed,
                       SumReader reader, View<const float> beside) const = 0;

  // Sums of this convolution and of `other`, whose output has the same shape,
  // block by block; only where PairsWith() it.
  virtual bool PairsWith(const Conv2dCodeKernel&) const { return false; }
  virtual void ForwardPair(const PackedInput& input,
                           const Conv2dCodeKernel& other,
                           const PackedInput& other_input,
                           SumPairReader reader) const;
};

// What they share.

// Weights of one output channel, [I,K,K] -> [K,K,I].
void PutChannelsLast(const Conv2dGeometry& geometry, const int8_t* w,
                     int8_t* out);

// Asks for `channels` of `pixels` rows, `stride` apart, before they are read.
void FetchRows(const float* rows, int64_t stride, int64_t pixels,
               int64_t channels);

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_CODE_KERNEL_H_
