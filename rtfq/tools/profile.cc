// Measures a bundle's subnets on this machine; see kUsage.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/serve/device_file.h"
#include "rtfq/serve/device_profiler.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/paths.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Measures how long each subnet of a bundle takes on this machine, for numbers of
threads and batch sizes, and writes a device file that select and classify read.
Nothing else should run meanwhile; pin it where cores differ (taskset).

  bazel run //:profile -- a2w.rtfq --threads=1,2 --out=edge.textproto
)";

absl::StatusOr<std::vector<int>> Numbers(const std::string& flag,
                                         const std::string& text) {
  std::vector<int> numbers;
  for (const auto part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    int number = 0;
    if (!absl::SimpleAtoi(part, &number) || number < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, "=", text,
                       "; numbers of at least 1 are wanted, as in 1,2"));
    }
    numbers.push_back(number);
  }
  if (numbers.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("--", flag, " is empty"));
  }
  return numbers;
}

void Print(const DeviceProfile& profile) {
  std::printf("%s\n%-14s %7s %5s %9s %9s %9s %9s %9s %7s %9s\n",
              profile.cpu().c_str(), "subnet", "threads", "batch", "min ms",
              "p50", "p90", "p95", "p99", "samples", "ready ms");
  for (const LatencyRow& row : profile.rows()) {
    std::printf("%-14s %7d %5d %9.3f %9.3f %9.3f %9.3f %9.3f %7d %9.1f\n",
                row.subnet().c_str(), row.threads(), row.batch(), row.min_ms(),
                row.p50_ms(), row.p90_ms(), row.p95_ms(), row.p99_ms(),
                row.samples(), row.ready_ms());
  }
  for (const SwitchCost& cost : profile.switches()) {
    std::printf("switch: %s right after %s: %+.0f us (threads %d, batch %d)\n",
                cost.to().c_str(), cost.from().c_str(), cost.added_us(),
                cost.threads(), cost.batch());
  }
  for (const std::string& note : profile.notes()) {
    std::printf("%s\n", note.c_str());
  }
}

double Now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

absl::Status Main(int argc, char** argv) {
  std::string threads = "2", batches = "1", out;
  int64_t seconds = 60;
  Flags flags(kUsage);
  flags.Add("threads", &threads, "numbers of threads, as in 1,2,4");
  flags.Add("batch", &batches, "images at once, as in 1,16");
  flags.Add("seconds", &seconds, "for all measuring together");
  flags.Add("out", &out, "device file to write");
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                        flags.Parse(argc, argv, /*most_positional=*/1));
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  if (words.empty() || seconds < 1) {
    return absl::InvalidArgumentError(
        "which bundle? profile a2w.rtfq --out=edge.textproto; --seconds is at "
        "least 1");
  }
  ProfileOptions options = {
      .threads = {}, .batches = {}, .seconds = static_cast<double>(seconds)};
  RTFQ_ASSIGN_OR_RETURN(options.threads, Numbers("threads", threads));
  RTFQ_ASSIGN_OR_RETURN(options.batches, Numbers("batch", batches));
  RTFQ_ASSIGN_OR_RETURN(std::shared_ptr<const Bundle> bundle,
                        Bundle::Open(UserPath(words[0])));
  const bool live = ::isatty(STDERR_FILENO) != 0;
  RTFQ_ASSIGN_OR_RETURN(
      const DeviceProfile profile,
      ProfileDevice(
          std::move(bundle), options, Now, [live](int64_t done, int64_t total) {
            if (!live) return;
            std::fprintf(stderr, "\rmeasured %d of %d%s",
                         static_cast<int>(done), static_cast<int>(total),
                         done == total ? "\n" : "");
          }));
  Print(profile);
  if (out.empty()) return absl::OkStatus();
  return WriteDeviceProfile(UserPath(out), profile);
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv);
}
