#include "rtfq/models/step_sizes.h"

#include "absl/strings/str_cat.h"

namespace rtfq {

StepSizes::StepSizes(ParameterStore& store, const std::string& prefix,
                     const std::vector<BitWidth>& bit_widths) {
  for (const BitWidth bits : bit_widths) {
    if (!IsQuantized(bits)) continue;
    steps_[bits] = store.Add(absl::StrCat(prefix, ".", BitsOf(bits)),
                             ParameterKind::kStep, Tensor::Filled({1}, 1.0f));
  }
}

}  // namespace rtfq
