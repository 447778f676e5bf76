// Measures speed on this machine; see kUsage.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/benchmark_data.h"
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
  bazel run //:benchmark -- data --data=~/office31 --source=amazon \
    --target=webcam --steps=20

`step` is a training step of the given subnets, `forward` a pass of each in
inference, `ops` each of their convolutions by itself, `data` the making of
batches from images. --profile prints where the last repetition's time went and
writes it as trace events for chrome://tracing or Perfetto.
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

struct Options {
  void AddTo(Flags& flags) {
    subnets = absl::StrJoin(network.subnets, ",");
    flags.Add("depth", &network.depth, "18, 34, 50 or 101 layers");
    flags.Add("classes", &network.classes, "of the classifier");
    flags.Add("batch", &network.batch,
              "images a pass, of each domain in a step");
    flags.Add("subnets", &subnets, "the largest first, the smallest last");
    flags.Add("steps", &network.steps, "repetitions measured");
    flags.Add("threads", &network.threads, "0: all there are");
    flags.Add("precision", &network.precision, "AUTO, BF16, INT8 or F32");
    flags.Add("bf16_storage", &network.bf16_storage,
              "of activations kept for backward, of `step`");
    flags.Add("data", &data.root, "folder of the domains, of `data`");
    flags.Add("source", &data.source, "folder in it, of `data`");
    flags.Add("target", &data.target, "folder in it, of `data`");
    flags.Add("profile", &profile, "file for trace events");
  }
  // After parsing.
  void Complete() {
    network.subnets = absl::StrSplit(subnets, ',', absl::SkipEmpty());
    data.root = UserPath(data.root);
    data.batch = network.batch;
    data.threads = network.threads;
    data.steps = network.steps;
  }

  BenchmarkOptions network;
  DataBenchmarkOptions data;
  std::string subnets, profile;
};

absl::StatusOr<std::string> Measure(const std::string& subject,
                                    const Options& options,
                                    Profiler& profiler) {
  if (subject == "data") return BenchmarkData(options.data);
  if (subject != "step" && subject != "forward" && subject != "ops") {
    return absl::InvalidArgumentError(absl::StrCat(
        "what is to be measured? \"", subject,
        "\" is not step, forward, ops or data, as in: benchmark step"));
  }
  RTFQ_ASSIGN_OR_RETURN(const auto network,
                        BenchmarkNetwork::Create(options.network, &profiler));
  if (subject == "step") return BenchmarkStep(*network, profiler);
  if (subject == "forward") return BenchmarkForward(*network, profiler);
  return BenchmarkOps(*network);
}

absl::Status Main(int argc, char** argv) {
  Options options;
  Flags flags(kUsage);
  options.AddTo(flags);
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                        flags.Parse(argc, argv, /*most_positional=*/1));
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  options.Complete();
  Profiler profiler(SteadyClock());
  RTFQ_ASSIGN_OR_RETURN(
      const std::string result,
      Measure(words.empty() ? "" : words[0], options, profiler));
  if (!options.profile.empty()) {
    RTFQ_RETURN_IF_ERROR(PrintProfile(profiler, UserPath(options.profile)));
  }
  std::printf("%s\n", result.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv);
}
