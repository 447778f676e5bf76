// Measures speed on this machine; see kUsage.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/benchmark_network.h"
#include "rtfq/tools/benchmark_ops.h"
#include "rtfq/tools/benchmark_step.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/metrics_log.h"
#include "rtfq/tools/paths.h"
#include "rtfq/tools/profile_table.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Measures speed on this machine, with random weights and images. The last
line is one JSON object.

  bazel run //:benchmark -- step --depth=50 --batch=32 --profile=step.json
  bazel run //:benchmark -- forward --batch=1 --subnets=r224-w100-q8
  bazel run //:benchmark -- ops --batch=16 --subnets=r224-w100-q8

`step` is a training step of the given subnets, `forward` a pass of each in
inference, `ops` each of their convolutions by itself. --profile prints where the last repetition's time went and writes
it as trace events for chrome://tracing or Perfetto.
)";

absl::Status PrintProfile(const Profiler& profiler, const std::string& path) {
  const auto& entries = profiler.entries();
  if (entries.empty()) return absl::OkStatus();
  double end = 0;
  for (const Profiler::Entry& entry : entries) {
    if (entry.end_s > end) end = entry.end_s;
  }
  std::fputs(ProfileTable(entries, end - entries.front().begin_s).c_str(),
             stdout);
  return WriteFileAtomically(path, ChromeTrace(entries));
}

absl::Status UnknownSubject(const std::string& word) {
  return absl::InvalidArgumentError(
      absl::StrCat("what is to be measured? \"", word,
                   "\" is not step, forward or ops, as in: benchmark step"));
}

absl::StatusOr<std::string> Measure(const std::string& subject,
                                    BenchmarkNetwork& network,
                                    Profiler& profiler) {
  if (subject == "step") return BenchmarkStep(network, profiler);
  if (subject == "forward") return BenchmarkForward(network, profiler);
  if (subject == "ops") return BenchmarkOps(network);
  return UnknownSubject(subject);
}

absl::Status Main(int argc, char** argv) {
  BenchmarkOptions options;
  std::string subnets = absl::StrJoin(options.subnets, ","), profile;
  Flags flags(kUsage);
  flags.Add("depth", &options.depth, "18, 34, 50 or 101 layers");
  flags.Add("classes", &options.classes, "of the classifier");
  flags.Add("batch", &options.batch, "images a pass, of each domain in a step");
  flags.Add("subnets", &subnets, "the largest first, the smallest last");
  flags.Add("steps", &options.steps, "repetitions measured");
  flags.Add("threads", &options.threads, "0: all there are");
  flags.Add("precision", &options.precision, "AUTO, BF16, INT8 or F32");
  flags.Add("bf16_storage", &options.bf16_storage,
            "of activations kept for backward, of `step`");
  flags.Add("profile", &profile, "file for trace events");
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                        flags.Parse(argc, argv, /*most_positional=*/1));
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  if (words.empty()) return UnknownSubject("");
  options.subnets = absl::StrSplit(subnets, ',', absl::SkipEmpty());
  Profiler profiler(SteadyClock());
  RTFQ_ASSIGN_OR_RETURN(const auto network,
                        BenchmarkNetwork::Create(options, &profiler));
  RTFQ_ASSIGN_OR_RETURN(const std::string result,
                        Measure(words[0], *network, profiler));
  if (!profile.empty()) {
    RTFQ_RETURN_IF_ERROR(PrintProfile(profiler, UserPath(profile)));
  }
  std::printf("%s\n", result.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::ExitCode(rtfq::Main(argc, argv));
}
