#include "rtfq/tools/benchmark_data.h"

#include <memory>
#include <numeric>
#include <vector>

#include "absl/strings/str_format.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/paired_loader.h"
#include "rtfq/tools/benchmark_network.h"
#include "rtfq/tools/metrics_log.h"
#include "rtfq/tools/run_data.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

absl::StatusOr<RunDomains> OpenDomains(const DataBenchmarkOptions& options,
                                       const ThreadPool& threads) {
  if (options.root.empty() || options.source.empty() ||
      options.target.empty()) {
    return absl::InvalidArgumentError(
        "which images? --data, --source and --target, as for a training");
  }
  RunData request;
  request.mutable_source()->set_root(options.root);
  request.mutable_source()->set_name(options.source);
  request.mutable_target()->set_root(options.root);
  request.mutable_target()->set_name(options.target);
  return OpenRunDomains(request, threads);
}

// Seconds of each of the first `steps` batches.
absl::StatusOr<std::vector<double>> TimeBatches(int64_t steps,
                                                PairedLoader& loader) {
  const Clock clock = SteadyClock();
  std::vector<double> seconds;
  for (int64_t step = 0; step < steps; ++step) {
    const double start = clock();
    RTFQ_RETURN_IF_ERROR(loader.BatchAt(step).status());
    seconds.push_back(clock() - start);
  }
  return seconds;
}

double Sum(const std::vector<double>& seconds) {
  return std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

}  // namespace

absl::StatusOr<std::string> BenchmarkData(const DataBenchmarkOptions& options) {
  RTFQ_RETURN_IF_ERROR(CheckFlagRange("batch", options.batch, 4096));
  RTFQ_RETURN_IF_ERROR(CheckFlagRange("steps", options.steps, 1000000));
  RTFQ_ASSIGN_OR_RETURN(const auto engine,
                        Engine::Create(static_cast<int>(options.threads)));
  RTFQ_ASSIGN_OR_RETURN(const RunDomains domains,
                        OpenDomains(options, engine->threads()));
  RTFQ_ASSIGN_OR_RETURN(const TrainConfig config,
                        ResolveTrainConfig(TrainConfig(), 1, 1));
  LoaderOptions loading;
  loading.images_per_domain = static_cast<int>(options.batch);
  loading.transform = TransformOptionsOf(config);
  loading.batches_ahead = 0;
  RTFQ_ASSIGN_OR_RETURN(
      const auto loader,
      PairedLoader::Create(loading, domains.source, domains.target,
                           engine->threads()));
  RTFQ_ASSIGN_OR_RETURN(const std::vector<double> first,
                        TimeBatches(options.steps, *loader));
  RTFQ_ASSIGN_OR_RETURN(const std::vector<double> again,
                        TimeBatches(options.steps, *loader));
  const auto images = static_cast<double>(2 * options.batch * options.steps);
  const Percentiles time = PercentilesOf(first);
  return absl::StrFormat(
      "{\"benchmark\":\"data\",\"batch\":%d,\"steps\":%d,"
      "\"first_images_per_s\":%.1f,\"again_images_per_s\":%.1f,"
      "\"p50_ms\":%.1f,\"p90_ms\":%.1f,\"threads\":%d,\"machine\":\"%s\","
      "\"peak_rss_mib\":%.0f}",
      options.batch, options.steps, images / Sum(first), images / Sum(again),
      time.p50_ms, time.p90_ms, engine->threads().num_threads(),
      engine->Description(), PeakRssMib());
}

}  // namespace rtfq
