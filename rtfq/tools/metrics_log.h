// metrics.jsonl: one JSON object a step.
#ifndef RTFQ_TOOLS_METRICS_LOG_H_
#define RTFQ_TOOLS_METRICS_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/eval/report.pb.h"
#include "rtfq/train/observer.h"

namespace rtfq {

// Monotonic seconds; tools pass a steady clock, tests their own.
using Clock = std::function<double()>;
Clock SteadyClock();

// One line, without its end: stage, step, total_steps, seconds (of training, of
// earlier sittings too), images_per_s, learning_rate, gradient_norm,
// confident_share, clamped_steps, and for each trained subnet its name, role
// and losses (unweighted, and their weighted total).
std::string MetricsLine(const StepEvent& event, double seconds,
                        double images_per_s);

// Appends a line every `interval` steps. A run killed at any moment leaves
// whole lines and perhaps a last one cut short, which the next Open() removes.
class MetricsLog : public TrainObserver {
 public:
  // Goes on behind `step`, the checkpoint's: later lines are removed, since the
  // steps will be made again. Errors of reading and writing.
  static absl::StatusOr<std::unique_ptr<MetricsLog>> Open(
      const std::string& path, int64_t step, int interval, Clock clock);
  ~MetricsLog() override;

  // kResourceExhausted for a full disk, naming the file.
  absl::Status AfterStep(const StepEvent& event) override;

 private:
  MetricsLog(std::string path, int fd, int interval, double seconds,
             Clock clock);

  const std::string path_;
  const int fd_;
  const int interval_;
  const Clock clock_;
  const double seconds_before_;
  const double start_;
  double last_;
};

// The lines of `text` whose steps are at most `step`, up to the first one that
// is not whole; `seconds` gets the last one's.
std::string MetricsUpTo(const std::string& text, int64_t step, double& seconds);

// Adds to `report` the mean over a step's subnets of each loss as curves of at
// most some 500 points, each the mean of neighbouring steps, and the seconds of
// training.
void AddLossCurves(const std::string& text, EvaluationReport& report);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_METRICS_LOG_H_
