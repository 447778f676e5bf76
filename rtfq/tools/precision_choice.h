// Which gradients are fastest here.
#ifndef RTFQ_TOOLS_PRECISION_CHOICE_H_
#define RTFQ_TOOLS_PRECISION_CHOICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/tools/metrics_log.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

struct PrecisionChoice {
  AdaptationConfig::Precision precision = AdaptationConfig::INT8;
  std::string reason;  // the rates, in one line
};

// What AUTO means on this machine: BF16 where two convolutions of ResNet-50
// have their gradients sooner in bf16 than in f32 and with the right sums, else
// INT8. Takes well under two seconds. Errors as the plans' Create().
absl::StatusOr<PrecisionChoice> ChoosePrecision(const Engine& engine,
                                                const Clock& clock);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_PRECISION_CHOICE_H_
