// The exact integer convolution of codes by oneDNN.
#ifndef RTFQ_OPS_CONV2D_CODE_GROUPS_H_
#define RTFQ_OPS_CONV2D_CODE_GROUPS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/scratch.h"
#include "rtfq/core/tensor.h"
#include "rtfq/ops/code_parts.h"
#include "rtfq/ops/conv2d_code_kernel.h"
#include "rtfq/ops/conv2d_geometry.h"
#include "rtfq/ops/sum_block.h"

namespace rtfq::ops {

// CPUs without VNNI add two u8 x s8 products in 16 bits with saturation; such
// a sum is exact while no u8 exceeds 128. Where it matters the input is cut
// into two parts of at most 128 whose convolutions add up to the same sum:
// unsigned 8-bit codes into q / 16 and q % 16, signed ones into max(q, 0) and
// max(-q, 0).
// And where oneDNN's kernel would pass through f32, the input channels are cut
// into groups so small that every sum is an integer f32 holds exactly.
class Conv2dCodeGroups : public Conv2dCodeKernel {
 public:
  // Codes as in Conv2dInt8Plan::Create(), and its errors.
  static absl::StatusOr<std::unique_ptr<Conv2dCodeGroups>> Create(
      const Engine& engine, const Conv2dGeometry& geometry, BitWidth bits,
      Sign sign);
  ~Conv2dCodeGroups() override;

  std::string Description() const override;
  int64_t packed_bytes() const override;
  void Pack(View<const int8_t> w_codes, void* packed) const override;
  void Forward(View<const uint8_t> x_codes, const void* packed,
               SumReader reader, View<const float> beside) const override;

 private:
  struct Group;
  Conv2dCodeGroups(const Engine& engine, const Conv2dGeometry& geometry);
  // Adds the group's sums to `acc`, or sets them when it is the first.
  void RunGroup(const Group& group, View<const uint8_t> x_codes,
                const void* packed, View<int32_t> acc) const;

  const Engine& engine_;
  const Conv2dGeometry geometry_;
  std::vector<Part> parts_;
  // In order of their first input channel; most plans have one.
  std::vector<std::unique_ptr<Group>> groups_;
};

}  // namespace rtfq::ops

#endif  // RTFQ_OPS_CONV2D_CODE_GROUPS_H_
