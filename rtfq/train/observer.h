// How the outside watches training.
#ifndef RTFQ_TRAIN_OBSERVER_H_
#define RTFQ_TRAIN_OBSERVER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "rtfq/train/train_step.h"

namespace rtfq {

enum class Stage { kWarmUp, kAdaptation };

struct StepEvent {
  Stage stage = Stage::kWarmUp;
  int64_t step = 0;         // updates made, this one included, over both stages
  int64_t total_steps = 0;  // of both stages
  int64_t stage_end = 0;    // the stage's last step, as far as is known now
  int64_t images = 0;       // source and target images read in this step
  const StepReport* report = nullptr;
};

// Logging, live progress, curves: handed over by tools, called after each step
// on the training thread, in order. An error ends the run.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual absl::Status AfterStep(const StepEvent& event) = 0;
};

}  // namespace rtfq

#endif  // RTFQ_TRAIN_OBSERVER_H_
