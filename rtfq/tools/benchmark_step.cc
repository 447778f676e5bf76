#include "rtfq/tools/benchmark_step.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/arena.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/eval/cost_model.h"
#include "rtfq/ops/images_at.h"
#include "rtfq/tools/metrics_log.h"
#include "rtfq/train/train_config.h"
#include "rtfq/train/train_step.h"

namespace rtfq {
namespace {

double ConvSeconds(const Profiler& profiler) {
  double seconds = 0;
  for (const Profiler::Entry& entry : profiler.entries()) {
    if (IsConvolution(entry.work)) seconds += entry.self_s();
  }
  return seconds;
}

// Multiply-adds of the convolutions of a step, of one pair of images: forward,
// by the data and by the weights, of two images; and the teacher's forward.
double StepMacs(const BenchmarkNetwork& network) {
  double macs = 0;
  const auto& subnets = network.subnets();
  for (size_t i = 0; i < subnets.size(); ++i) {
    const auto forward = static_cast<double>(Macs(network.spec(), subnets[i]));
    macs += 2 * 3 * forward;
    if (i + 1 < subnets.size() || i == 0) macs += forward;
  }
  return macs;
}

std::vector<SampledSubnet> Roles(const std::vector<SubnetConfig>& subnets) {
  std::vector<SampledSubnet> sampled;
  for (size_t i = 0; i < subnets.size(); ++i) {
    SubnetRole role = SubnetRole::kIntermediate;
    if (i + 1 == subnets.size()) role = SubnetRole::kSmallest;
    if (i == 0) role = SubnetRole::kLargest;
    sampled.push_back({subnets[i], role});
  }
  return sampled;
}

std::string Machine(const BenchmarkNetwork& network,
                    const AttainableRates& attainable) {
  return absl::StrFormat(
      "\"threads\":%d,\"machine\":\"%s\",\"attainable_f32_gmac_per_s\":%.1f,"
      "\"attainable_int8_gmac_per_s\":%.1f,\"peak_rss_mib\":%.0f",
      network.engine().threads().num_threads(), network.engine().Description(),
      attainable.f32_gmac_per_s, attainable.int8_gmac_per_s, PeakRssMib());
}

PairedBatch MakeBatch(const BenchmarkNetwork& network) {
  PairedBatch batch;
  const int64_t n = network.options().batch;
  batch.source.images = network.MakeImages(1);
  batch.target.images = network.MakeImages(2);
  for (int64_t i = 0; i < n; ++i) {
    batch.source.labels.push_back(i % network.options().classes);
    batch.target.labels.push_back(-1);
  }
  return batch;
}

}  // namespace

absl::StatusOr<std::string> BenchmarkStep(BenchmarkNetwork& network,
                                          Profiler& profiler) {
  const BenchmarkOptions& options = network.options();
  const std::string largest = network.space().Largest().ToString();
  if (network.subnets().front().ToString() != largest) {
    return absl::InvalidArgumentError(
        absl::StrCat("--subnets begins with ", options.subnets.front(),
                     "; a step's first is ", largest));
  }
  RTFQ_ASSIGN_OR_RETURN(const auto student, network.MakeSupernet(true));
  RTFQ_ASSIGN_OR_RETURN(const auto teacher, network.MakeSupernet(false));
  const AdaptationConfig& config = network.config().adaptation();
  Optimizer optimizer(student->store(), config.optimizer());
  TrainStep step(config, *student, teacher.get(), optimizer,
                 PassPrecision(config), PassStorage(config));
  const PairedBatch batch = MakeBatch(network);
  const std::vector<SampledSubnet> subnets = Roles(network.subnets());
  const Clock clock = SteadyClock();
  std::vector<double> seconds;
  double all = 0, convolutions = 0;
  int64_t plans = 0;
  Arena::Counters memory;
  for (int64_t i = 0; i <= options.steps; ++i) {
    profiler.Clear();
    const double start = clock();
    // A rate of zero: random labels would drive the weights anywhere.
    RTFQ_RETURN_IF_ERROR(
        step.Run(batch, subnets, /*learning_rate=*/0).status());
    const double elapsed = clock() - start;
    if (i == 0) {
      plans = network.plans().num_created();
      memory = Arena::OfProcess().counters();
      continue;
    }
    seconds.push_back(elapsed);
    all += elapsed;
    convolutions += ConvSeconds(profiler);
  }
  plans = network.plans().num_created() - plans;
  const int64_t bytes =
      Arena::OfProcess().counters().system_bytes - memory.system_bytes;
  RTFQ_ASSIGN_OR_RETURN(const AttainableRates attainable,
                        MeasureAttainable(network.engine()));
  const Percentiles time = PercentilesOf(seconds);
  const auto pairs = static_cast<double>(options.batch);
  const double macs =
      StepMacs(network) * pairs * static_cast<double>(options.steps);
  return absl::StrFormat(
      "{\"benchmark\":\"step\",\"depth\":%d,\"batch\":%d,\"steps\":%d,"
      "\"precision\":\"%s\",\"activation_storage\":\"%s\","
      "\"pairs_per_s\":%.3f,\"p50_ms\":%.1f,\"p90_ms\":%."
      "1f,"
      "\"conv_share\":%.3f,\"conv_gmac_per_s\":%.1f,\"warm_plans\":%d,"
      "\"warm_system_bytes\":%d,%s}",
      options.depth, options.batch, options.steps,
      AdaptationConfig::Precision_Name(network.precision()),
      AdaptationConfig::ActivationStorage_Name(config.activation_storage()),
      pairs / time.p50_ms * 1000, time.p50_ms, time.p90_ms, convolutions / all,
      macs / convolutions / 1e9, plans, bytes, Machine(network, attainable));
}

absl::StatusOr<std::string> BenchmarkForward(BenchmarkNetwork& network,
                                             Profiler& profiler) {
  const BenchmarkOptions& options = network.options();
  RTFQ_ASSIGN_OR_RETURN(const auto supernet, network.MakeSupernet(false));
  ops::ImagesAt images(network.engine().threads(), network.MakeImages(1));
  const Clock clock = SteadyClock();
  std::vector<std::string> rows;
  for (const SubnetConfig& subnet : network.subnets()) {
    const Tensor input = images.Resolution(subnet.resolution);
    const Pass pass = {
        .subnet = subnet, .domain = Domain::kTarget, .mode = Mode::kInference};
    std::vector<double> seconds;
    double all = 0, convolutions = 0;
    for (int64_t i = 0; i <= options.steps; ++i) {
      profiler.Clear();
      Supernet::Saved saved;
      const double start = clock();
      supernet->Forward(input, pass, saved);
      const double elapsed = clock() - start;
      if (i == 0) continue;
      seconds.push_back(elapsed);
      all += elapsed;
      convolutions += ConvSeconds(profiler);
    }
    const Percentiles time = PercentilesOf(seconds);
    const double macs = static_cast<double>(Macs(network.spec(), subnet)) *
                        static_cast<double>(options.batch * options.steps);
    rows.push_back(absl::StrFormat(
        "{\"subnet\":\"%s\",\"images_per_s\":%.2f,\"p50_ms\":%.2f,"
        "\"p90_ms\":%.2f,\"conv_share\":%.3f,\"conv_gmac_per_s\":%.1f}",
        subnet.ToString(),
        static_cast<double>(options.batch) / time.p50_ms * 1000, time.p50_ms,
        time.p90_ms, convolutions / all, macs / convolutions / 1e9));
  }
  RTFQ_ASSIGN_OR_RETURN(const AttainableRates attainable,
                        MeasureAttainable(network.engine()));
  return absl::StrFormat(
      "{\"benchmark\":\"forward\",\"depth\":%d,\"batch\":%d,\"steps\":%d,"
      "\"subnets\":[%s],%s}",
      options.depth, options.batch, options.steps, absl::StrJoin(rows, ","),
      Machine(network, attainable));
}

}  // namespace rtfq
