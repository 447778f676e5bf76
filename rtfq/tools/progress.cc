#include "rtfq/tools/progress.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "rtfq/eval/number_format.h"

namespace rtfq {
namespace {

// Rates are of this many seconds, but of two marks at least.
constexpr double kWindow = 30;
constexpr double kLiveInterval = 0.2;
constexpr double kPlainInterval = 10;

// Mean losses of the step's subnets, for people.
std::string Describe(const StepReport& report, bool adapting) {
  double cross_entropy = 0, information = 0, distillation = 0;
  int distilled = 0;
  for (const SubnetLosses& losses : report.subnets) {
    cross_entropy += losses.cross_entropy;
    information += losses.information_maximization;
    distillation += losses.distillation;
    if (losses.role != SubnetRole::kLargest) ++distilled;
  }
  const double count =
      std::max<double>(1, static_cast<double>(report.subnets.size()));
  std::string text = absl::StrFormat("ce %.3f", cross_entropy / count);
  if (adapting && information != 0) {
    absl::StrAppendFormat(
        &text, " im %.3f rd %.3f confident %.0f%%", information / count,
        distillation / std::max(1, distilled), 100 * report.confident_share);
  }
  return text;
}

}  // namespace

absl::StatusOr<ProgressStyle> ParseProgressStyle(const std::string& text,
                                                 bool is_terminal) {
  if (text == "auto")
    return is_terminal ? ProgressStyle::kLive : ProgressStyle::kPlain;
  if (text == "plain") return ProgressStyle::kPlain;
  if (text == "json") return ProgressStyle::kJson;
  if (text == "none") return ProgressStyle::kNone;
  return absl::InvalidArgumentError(absl::StrCat(
      "--progress=", text, "; it takes auto, plain, json or none"));
}

double Progress::ImagesPerSecond() const {
  const double elapsed = marks_.back().time - marks_.front().time;
  if (elapsed <= 0) return 0;
  return static_cast<double>(marks_.back().images - marks_.front().images) /
         elapsed;
}

double Progress::SecondsLeft(int64_t done, int64_t end) const {
  const int64_t made = marks_.back().done - marks_.front().done;
  if (made <= 0) return 0;
  return (marks_.back().time - marks_.front().time) /
         static_cast<double>(made) * static_cast<double>(end - done);
}

std::string Progress::Line(int64_t done, int64_t total,
                           const std::string& details,
                           int64_t stage_end) const {
  std::string line = absl::StrCat(what_, " ", done, "/", total);
  if (!details.empty()) absl::StrAppend(&line, "  ", details);
  if (marks_.size() > 1) {
    if (images_ > 0)
      absl::StrAppendFormat(&line, "  %.1f images/s", ImagesPerSecond());
    if (done < stage_end) {
      absl::StrAppend(&line, "  ", FormatSeconds(SecondsLeft(done, stage_end)),
                      " left", stage_end < total ? " of this stage" : "");
    }
  }
  return line;
}

std::string Progress::JsonLine(int64_t done, int64_t total,
                               const std::string& details,
                               int64_t stage_end) const {
  const nlohmann::ordered_json json = {
      {"what", what_},          {"done", done},
      {"total", total},         {"images_per_s", ImagesPerSecond()},
      {"stage_end", stage_end}, {"seconds_left", SecondsLeft(done, stage_end)},
      {"details", details}};
  return json.dump();
}

void Progress::Update(const std::string& what, int64_t done, int64_t total,
                      int64_t images, const std::string& details,
                      int64_t stage_end) {
  if (stage_end == 0) stage_end = total;
  const double now = clock_();
  const bool is_new = what != what_;
  if (is_new) {
    Finish();
    what_ = what;
    images_ = 0;
    marks_.clear();
  }
  // The images of the first update were read before its mark.
  if (!marks_.empty()) images_ += images;
  marks_.push_back({now, done, images_});
  while (marks_.size() > 2 && now - marks_[1].time > kWindow) {
    marks_.pop_front();
  }
  const double interval =
      style_ == ProgressStyle::kLive ? kLiveInterval : kPlainInterval;
  const bool due = is_new || done >= total || now - last_shown_ >= interval;
  if (!due || style_ == ProgressStyle::kNone) return;
  last_shown_ = now;
  const std::string line = style_ == ProgressStyle::kJson
                               ? JsonLine(done, total, details, stage_end)
                               : Line(done, total, details, stage_end);
  const bool live = style_ == ProgressStyle::kLive;
  // Back to the line's start, and its rest erased.
  std::fprintf(out_, live ? "\r%s\033[K" : "%s\n", line.c_str());
  std::fflush(out_);
  live_line_open_ = live;
  if (done >= total) Finish();
}

void Progress::Finish() {
  if (!live_line_open_) return;
  live_line_open_ = false;
  std::fputc('\n', out_);
  std::fflush(out_);
}

void Progress::Say(const std::string& line) {
  if (style_ == ProgressStyle::kNone || style_ == ProgressStyle::kJson) return;
  Finish();
  std::fprintf(out_, "%s\n", line.c_str());
  std::fflush(out_);
}

absl::Status Progress::AfterStep(const StepEvent& event) {
  const bool adapting = event.stage == Stage::kAdaptation;
  Update(adapting ? "adaptation, step" : "warm-up, step", event.step,
         event.total_steps, event.images, Describe(*event.report, adapting),
         event.stage_end);
  const std::vector<std::string>& held = event.report->clamped_steps;
  if (!held.empty() && !warned_of_held_steps_) {
    warned_of_held_steps_ = true;
    Say(absl::StrCat(
        "warning: in step ", event.step, " ", held.front(),
        held.size() > 1 ? absl::StrCat(" and ", held.size() - 1, " more") : "",
        held.size() > 1 ? " were" : " was",
        " held at the smallest quantizer step there is; such a layer learns "
        "nothing more. A smaller adaptation.optimizer.step_size_lr_multiplier "
        "may help. Later ones: clamped_steps in metrics.jsonl"));
  }
  return absl::OkStatus();
}

}  // namespace rtfq
