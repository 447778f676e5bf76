#include "rtfq/tools/metrics_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/eval/report_builder.h"

namespace rtfq {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxPoints = 500;
constexpr const char* kLosses[] = {"total", "cross_entropy",
                                   "information_maximization", "pseudo_label",
                                   "distillation"};

const char* NameOf(SubnetRole role) {
  switch (role) {
    case SubnetRole::kLargest:
      return "largest";
    case SubnetRole::kIntermediate:
      return "intermediate";
    case SubnetRole::kSmallest:
      return "smallest";
  }
  return "";
}

Json ToJson(const SubnetLosses& losses) {
  return {{"subnet", losses.subnet.ToString()},
          {"role", NameOf(losses.role)},
          {"total", losses.total},
          {"cross_entropy", losses.cross_entropy},
          {"information_maximization", losses.information_maximization},
          {"pseudo_label", losses.pseudo_label},
          {"distillation", losses.distillation}};
}

// The line as an object with a step, or null.
Json ParseLine(const std::string& line) {
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("step") ||
      !json["step"].is_number_integer()) {
    return nullptr;
  }
  return json;
}

double NumberIn(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

absl::Status WriteError(const std::string& path) {
  const int error = errno;
  const std::string message =
      absl::StrCat(path, ": cannot write: ", std::strerror(error));
  return error == ENOSPC || error == EDQUOT || error == EFBIG
             ? absl::ResourceExhaustedError(message)
             : absl::UnavailableError(message);
}

// f(line) for each whole line until it says stop.
template <typename F>
void ForEachLine(const std::string& text, F f) {
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = text.find('\n', begin);
    if (end == std::string::npos) return;  // cut short
    if (!f(text.substr(begin, end - begin), end + 1)) return;
  }
}

}  // namespace

Clock SteadyClock() {
  return [] {
    return std::chrono::duration<double>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  };
}

std::string MetricsLine(const StepEvent& event, double seconds,
                        double images_per_s) {
  const StepReport& report = *event.report;
  Json subnets = Json::array();
  for (const SubnetLosses& losses : report.subnets) {
    subnets.push_back(ToJson(losses));
  }
  const Json json = {
      {"stage", event.stage == Stage::kWarmUp ? "warm_up" : "adaptation"},
      {"step", event.step},
      {"total_steps", event.total_steps},
      {"seconds", seconds},
      {"images_per_s", images_per_s},
      {"learning_rate", report.learning_rate},
      {"gradient_norm", report.gradient_norm},
      {"confident_share", report.confident_share},
      {"clamped_steps", report.clamped_steps},
      {"subnets", subnets}};
  return json.dump();
}

std::string MetricsUpTo(const std::string& text, int64_t step,
                        double& seconds) {
  size_t kept = 0;
  seconds = 0;
  ForEachLine(text, [&](const std::string& line, size_t next) {
    const Json json = ParseLine(line);
    if (json.is_null() || json["step"].get<int64_t>() > step) return false;
    seconds = NumberIn(json, "seconds");
    kept = next;
    return true;
  });
  return text.substr(0, kept);
}

absl::StatusOr<std::unique_ptr<MetricsLog>> MetricsLog::Open(
    const std::string& path, int64_t step, int interval, Clock clock) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (absl::IsNotFound(text.status())) text = "";
  RTFQ_RETURN_IF_ERROR(text.status());
  double seconds = 0;
  const std::string kept = MetricsUpTo(*text, step, seconds);
  if (kept.size() != text->size()) {
    RTFQ_RETURN_IF_ERROR(WriteFileAtomically(path, kept));
  }
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return WriteError(path);
  return std::unique_ptr<MetricsLog>(
      new MetricsLog(path, fd, interval, seconds, std::move(clock)));
}

MetricsLog::MetricsLog(std::string path, int fd, int interval, double seconds,
                       Clock clock)
    : path_(std::move(path)),
      fd_(fd),
      interval_(interval),
      clock_(std::move(clock)),
      seconds_before_(seconds),
      start_(clock_()),
      last_(start_) {}

MetricsLog::~MetricsLog() { ::close(fd_); }

absl::Status MetricsLog::AfterStep(const StepEvent& event) {
  const double now = clock_();
  const double elapsed = now - std::exchange(last_, now);
  if (event.step % interval_ != 0 && event.step != event.total_steps) {
    return absl::OkStatus();
  }
  const double rate =
      elapsed > 0 ? static_cast<double>(event.images) / elapsed : 0;
  const std::string line =
      MetricsLine(event, seconds_before_ + now - start_, rate) + "\n";
  // One write a line: whoever reads along sees whole ones.
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written < 0) return WriteError(path_);
  if (static_cast<size_t>(written) < line.size()) {
    errno = ENOSPC;
    return WriteError(path_);
  }
  return absl::OkStatus();
}

void AddLossCurves(const std::string& text, EvaluationReport& report) {
  std::vector<Json> lines;
  ForEachLine(text, [&](const std::string& line, size_t) {
    Json json = ParseLine(line);
    if (json.is_null() || !json.contains("subnets")) return false;
    report.mutable_facts()->set_train_seconds(NumberIn(json, "seconds"));
    lines.push_back(std::move(json));
    return true;
  });
  const size_t group = (lines.size() + kMaxPoints - 1) / kMaxPoints;
  for (size_t begin = 0; begin < lines.size(); begin += group) {
    const size_t end = std::min(begin + group, lines.size());
    for (const char* loss : kLosses) {
      double sum = 0;
      size_t count = 0;
      for (size_t i = begin; i < end; ++i) {
        for (const Json& subnet : lines[i]["subnets"]) {
          const double value = NumberIn(subnet, loss);
          // A subnet without a loss of this kind has 0.
          if (value == 0) continue;
          sum += value;
          ++count;
        }
      }
      if (count == 0) continue;
      AddLoss(loss, lines[end - 1]["step"].get<int64_t>(),
              sum / static_cast<double>(count), report);
    }
  }
}

}  // namespace rtfq
