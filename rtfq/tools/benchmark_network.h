// A network with random weights and images, to measure speed with.
#ifndef RTFQ_TOOLS_BENCHMARK_NETWORK_H_
#define RTFQ_TOOLS_BENCHMARK_NETWORK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/profiler.h"
#include "rtfq/models/conv_plans.h"
#include "rtfq/models/supernet.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

struct BenchmarkOptions {
  int64_t depth = 50;    // 18, 34, 50 or 101
  int64_t classes = 31;  // Office-31's
  int64_t batch = 32;    // images a pass; a step reads as many of each domain
  int64_t threads = 0;   // 0: all there are
  // Measured repetitions, after one that warms up.
  int64_t steps = 5;
  std::string precision = "AUTO";  // of AdaptationConfig
  bool bf16_storage = false;       // activation_storage of AdaptationConfig
  std::vector<std::string> subnets = {"r224-w100-q8", "r192-w86-q6",
                                      "r160-w73-q4", "r128-w60-q4"};
};

// Everything a measured pass needs. Supernets are of the paper's search space.
class BenchmarkNetwork {
 public:
  // kInvalidArgument naming the flag that is wrong. `profiler` may be null.
  static absl::StatusOr<std::unique_ptr<BenchmarkNetwork>> Create(
      const BenchmarkOptions& options, Profiler* profiler);

  const BenchmarkOptions& options() const { return options_; }
  const TrainConfig& config() const { return config_; }
  const Engine& engine() const { return *engine_; }
  const ResNetSpec& spec() const { return spec_; }
  const std::vector<SubnetConfig>& subnets() const { return subnets_; }
  const ConvPlans& plans() const { return *plans_; }
  const SearchSpace& space() const { return *space_; }
  // Never AUTO.
  AdaptationConfig::Precision precision() const {
    return config_.adaptation().precision();
  }

  // Random weights; quantizer steps fit for the weights and `batch` images.
  absl::StatusOr<std::unique_ptr<Supernet>> MakeSupernet(bool with_gradients);
  // [N,R,R,3] of normal values, R the space's largest resolution.
  Tensor MakeImages(uint64_t seed) const;

 private:
  explicit BenchmarkNetwork(const BenchmarkOptions& options)
      : options_(options) {}

  const BenchmarkOptions options_;
  TrainConfig config_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<ConvPlans> plans_;
  ResNetSpec spec_;
  std::unique_ptr<SearchSpace> space_;
  std::vector<SubnetConfig> subnets_;
};

// kInvalidArgument naming the flag unless 1 <= value <= most.
absl::Status CheckFlagRange(const char* flag, int64_t value, int64_t most);

// What a series of measured seconds comes to.
struct Percentiles {
  double p50_ms = 0;
  double p90_ms = 0;
};
Percentiles PercentilesOf(std::vector<double> seconds);

// The most memory the process has had, MiB.
double PeakRssMib();

// Multiply-adds a second, in thousand millions, of one convolution that suits
// the kernels: 256 to 256 channels, 3x3, 14 pixels, 16 images. What a pass
// could reach at best.
struct AttainableRates {
  double f32_gmac_per_s = 0;
  double int8_gmac_per_s = 0;  // of 6-bit codes: one product everywhere
};
absl::StatusOr<AttainableRates> MeasureAttainable(const Engine& engine);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_BENCHMARK_NETWORK_H_
