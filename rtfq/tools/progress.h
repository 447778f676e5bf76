// Telling people how long work goes on.
#ifndef RTFQ_TOOLS_PROGRESS_H_
#define RTFQ_TOOLS_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/tools/metrics_log.h"
#include "rtfq/train/observer.h"

namespace rtfq {

enum class ProgressStyle {
  kLive,   // one line, written over again and again
  kPlain,  // a line every ten seconds and at the end
  kJson,   // the same lines as JSON objects
  kNone,
};

// "auto" (live on a terminal, else plain), "plain", "json", "none".
// kInvalidArgument for anything else.
absl::StatusOr<ProgressStyle> ParseProgressStyle(const std::string& text,
                                                 bool is_terminal);

// One piece of work after another. As an observer it follows training.
class Progress : public TrainObserver {
 public:
  Progress(ProgressStyle style, std::FILE* out, Clock clock)
      : style_(style), out_(out), clock_(std::move(clock)) {}
  ~Progress() override { Finish(); }

  // `done` of `total` units of the work `what` ("warm-up", "calibrating");
  // `images` more have been read since the last call. Another `what` begins
  // new work. The time left is counted to unit `stage_end`, 0 for `total`:
  // units behind it take another time.
  void Update(const std::string& what, int64_t done, int64_t total,
              int64_t images, const std::string& details,
              int64_t stage_end = 0);
  // Ends the live line; what is written next begins a new one.
  void Finish();
  // A line for people, unless the style is kNone or kJson.
  void Say(const std::string& line);

  // Shows the step; says once in a run that quantizer steps were held at their
  // smallest value, and which.
  absl::Status AfterStep(const StepEvent& event) override;

 private:
  struct Mark {
    double time;
    int64_t done;
    int64_t images;  // since the work began
  };

  std::string Line(int64_t done, int64_t total, const std::string& details,
                   int64_t stage_end) const;
  std::string JsonLine(int64_t done, int64_t total, const std::string& details,
                       int64_t stage_end) const;
  double ImagesPerSecond() const;
  double SecondsLeft(int64_t done, int64_t end) const;

  const ProgressStyle style_;
  std::FILE* const out_;
  const Clock clock_;
  std::string what_;
  int64_t images_ = 0;
  std::deque<Mark> marks_;  // of the last half minute or so
  double last_shown_ = 0;
  bool live_line_open_ = false;
  bool warned_of_held_steps_ = false;
};

}  // namespace rtfq

#endif  // RTFQ_TOOLS_PROGRESS_H_
