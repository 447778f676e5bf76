// The learned step sizes of one quantizer.
#ifndef RTFQ_MODELS_STEP_SIZES_H_
#define RTFQ_MODELS_STEP_SIZES_H_

#include <map>
#include <string>
#include <vector>

#include "rtfq/core/bit_width.h"
#include "rtfq/models/parameter.h"
#include "rtfq/ops/lsq.h"

namespace rtfq {

// No step is ever smaller (ours: a step of zero or below has no codes).
inline constexpr float kSmallestStep = ops::kSmallestStep;

// One step per bit width, shared by widths, resolutions and domains (spec,
// section 4): parameters "<prefix>.<bits>", each of shape [1].
class StepSizes {
 public:
  // Steps of 1 until somebody sets them.
  StepSizes(ParameterStore& store, const std::string& prefix,
            const std::vector<BitWidth>& bit_widths);

  float At(BitWidth bits) const { return *steps_.at(bits)->value.data(); }
  Parameter* ParameterAt(BitWidth bits) const { return steps_.at(bits); }
  const std::map<BitWidth, Parameter*>& all() const { return steps_; }

 private:
  std::map<BitWidth, Parameter*> steps_;  // empty at full precision
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_STEP_SIZES_H_
