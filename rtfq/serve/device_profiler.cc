#include "rtfq/serve/device_profiler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/core/cpu_features.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/int8_graph.h"
#include "rtfq/serve/latency_statistics.h"
#include "rtfq/serve/switch_cost.h"

namespace rtfq {
namespace {

constexpr size_t kLeastSamples = 5;
constexpr size_t kMostSamples = 500;
constexpr double kDrift = 1.15;
// Less is no difference one would choose by.
constexpr double kFaster = 0.97;

// Before anything is measured: what cannot be should not cost a minute first.
absl::Status CheckOptions(const ProfileOptions& options) {
  for (const int threads : options.threads) {
    RTFQ_RETURN_IF_ERROR(ResolveThreadCount(threads).status());
  }
  for (const int batch : options.batches) {
    RTFQ_RETURN_IF_ERROR(Int8Graph::CheckBatch(batch));
  }
  return absl::OkStatus();
}

absl::StatusOr<LatencyRow> Measure(const Engine& engine,
                                   const std::shared_ptr<const Bundle>& bundle,
                                   const std::string& subnet, int batch,
                                   double seconds, const SecondsClock& clock) {
  const int64_t side = bundle->header().preprocessing().crop();
  const Tensor images = Tensor::Zeros({batch, side, side, 3});
  // Sections are shared: what one subnet checked, the next would not pay for.
  bundle->ForgetChecks();
  const double begin = clock();
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<Int8Graph> graph,
                        Int8Graph::Create(engine, bundle, subnet, batch));
  graph->Forward(images);
  const double ready = clock() - begin;
  graph->Forward(images);
  std::vector<double> samples;
  double sum = 0;
  while (samples.size() < kLeastSamples ||
         (sum < seconds && samples.size() < kMostSamples)) {
    const double start = clock();
    graph->Forward(images);
    samples.push_back(clock() - start);
    sum += samples.back();
  }
  LatencyRow row = Summarize(std::move(samples));
  row.set_subnet(subnet);
  row.set_threads(engine.threads().num_threads());
  row.set_batch(batch);
  row.set_ready_ms(1e3 * ready);
  return row;
}

// The subnet with the same resolution and width at 8 bits.
const BundleSubnet* EightBitTwin(const BundleHeader& header,
                                 const BundleSubnet& subnet) {
  for (const BundleSubnet& other : header.subnets()) {
    if (other.bits() == 8 && other.resolution() == subnet.resolution() &&
        other.width_percent() == subnet.width_percent()) {
      return &other;
    }
  }
  return nullptr;
}

const LatencyRow* FindRow(const DeviceProfile& profile,
                          const std::string& subnet, const LatencyRow& like) {
  for (const LatencyRow& row : profile.rows()) {
    if (row.subnet() == subnet && row.threads() == like.threads() &&
        row.batch() == like.batch()) {
      return &row;
    }
  }
  return nullptr;
}

void NoteBits(const Bundle& bundle, DeviceProfile& profile) {
  int slower = 0, compared = 0;
  for (const LatencyRow& row : profile.rows()) {
    const BundleSubnet* subnet = bundle.FindSubnet(row.subnet());
    if (subnet == nullptr || subnet->bits() == 8) continue;
    const BundleSubnet* twin = EightBitTwin(bundle.header(), *subnet);
    const LatencyRow* eight =
        twin == nullptr ? nullptr : FindRow(profile, twin->name(), row);
    if (eight == nullptr) continue;
    ++compared;
    slower += row.p50_ms() > kFaster * eight->p50_ms();
  }
  if (compared == 0) return;
  profile.add_notes(absl::StrFormat(
      "fewer bits: %d of %d measurements with fewer than 8 bits are not faster "
      "than the same network with 8; there they save bytes, not time",
      slower, compared));
}

void NoteNoise(DeviceProfile& profile) {
  const auto noisy =
      std::count_if(profile.rows().begin(), profile.rows().end(),
                    [](const auto& row) { return IsNoisy(row); });
  if (noisy == 0) return;
  profile.add_notes(absl::StrFormat(
      "noise: in %d of %d measurements a tenth of the passes took more than "
      "1.3 times the median; stop other work, pin the process (taskset) and "
      "measure again",
      noisy, profile.rows_size()));
}

void NoteDrift(const LatencyRow& first, const LatencyRow& last,
               DeviceProfile& profile) {
  const double ratio = last.p50_ms() / first.p50_ms();
  if (ratio < kDrift && ratio > 1 / kDrift) return;
  profile.add_notes(absl::StrFormat(
      "drift: %s took %.2f ms at first and %.2f ms at the end: throttling or "
      "other load",
      first.subnet(), first.p50_ms(), last.p50_ms()));
}

// Between the slowest and the fastest subnet of the last rows.
absl::Status AddSwitches(const Engine& engine,
                         const std::shared_ptr<const Bundle>& bundle, int batch,
                         double seconds, const SecondsClock& clock,
                         DeviceProfile& profile) {
  const auto& rows = profile.rows();
  const auto [fastest, slowest] = std::minmax_element(
      rows.end() - bundle->header().subnets_size(), rows.end(),
      [](const auto& a, const auto& b) { return a.p50_ms() < b.p50_ms(); });
  if (fastest == slowest) return absl::OkStatus();
  RTFQ_ASSIGN_OR_RETURN(
      const std::vector<SwitchCost> costs,
      MeasureSwitches(engine, bundle, slowest->subnet(), fastest->subnet(),
                      batch, seconds, clock));
  for (const SwitchCost& cost : costs) *profile.add_switches() = cost;
  return absl::OkStatus();
}

}  // namespace

std::string BundleId(const Bundle& bundle) {
  Sha256 hash;
  for (const BundleSection& section : bundle.header().sections()) {
    hash.Update(section.sha256());
  }
  return hash.HexDigest();
}

absl::StatusOr<DeviceProfile> ProfileDevice(
    std::shared_ptr<const Bundle> bundle, const ProfileOptions& options,
    const SecondsClock& clock,
    const std::function<void(int64_t, int64_t)>& progress) {
  RTFQ_RETURN_IF_ERROR(CheckOptions(options));
  DeviceProfile profile;
  profile.set_bundle(bundle->path().substr(bundle->path().rfind('/') + 1));
  profile.set_bundle_id(BundleId(*bundle));
  const int64_t total = static_cast<int64_t>(options.threads.size()) *
                        static_cast<int64_t>(options.batches.size()) *
                        bundle->header().subnets_size();
  const double seconds = options.seconds / static_cast<double>(total);
  for (const int threads : options.threads) {
    RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                          Engine::Create(threads));
    profile.set_cpu(engine->Description());
    for (const int batch : options.batches) {
      const int first = profile.rows_size();
      for (const BundleSubnet& subnet : bundle->header().subnets()) {
        RTFQ_ASSIGN_OR_RETURN(
            *profile.add_rows(),
            Measure(*engine, bundle, subnet.name(), batch, seconds, clock));
        progress(profile.rows_size(), total);
      }
      RTFQ_ASSIGN_OR_RETURN(
          const LatencyRow again,
          Measure(*engine, bundle, profile.rows(first).subnet(), batch, seconds,
                  clock));
      NoteDrift(profile.rows(first), again, profile);
      RTFQ_RETURN_IF_ERROR(
          AddSwitches(*engine, bundle, batch, seconds, clock, profile));
    }
  }
  NoteNoise(profile);
  NoteBits(*bundle, profile);
  return profile;
}

}  // namespace rtfq
