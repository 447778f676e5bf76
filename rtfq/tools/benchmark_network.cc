#include "rtfq/tools/benchmark_network.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/random.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/models/supernet_init.h"
#include "rtfq/ops/conv2d.h"
#include "rtfq/ops/conv2d_int8.h"
#include "rtfq/ops/images_at.h"
#include "rtfq/tools/metrics_log.h"
#include "rtfq/tools/network_depth.h"
#include "rtfq/tools/precision_choice.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

absl::Status CheckOptions(const BenchmarkOptions& options) {
  RTFQ_RETURN_IF_ERROR(CheckFlagRange("batch", options.batch, 4096));
  RTFQ_RETURN_IF_ERROR(CheckFlagRange("steps", options.steps, 1000000));
  RTFQ_RETURN_IF_ERROR(CheckFlagRange("classes", options.classes, 100000));
  if (!options.subnets.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "--subnets is empty; give some, as in --subnets=r224-w100-q8");
}

absl::Status SetPrecision(const Engine& engine, const std::string& name,
                          AdaptationConfig& config) {
  AdaptationConfig::Precision precision;
  if (!AdaptationConfig::Precision_Parse(name, &precision)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--precision=", name,
                     "; it must be AUTO, BF16, INT8 or "
                     "F32"));
  }
  if (precision == AdaptationConfig::AUTO) {
    RTFQ_ASSIGN_OR_RETURN(const PrecisionChoice choice,
                          ChoosePrecision(engine, SteadyClock()));
    precision = choice.precision;
  }
  config.set_precision(precision);
  return absl::OkStatus();
}

// The fastest of a few runs, in seconds.
template <typename Run>
double Fastest(const Run& run) {
  const Clock clock = SteadyClock();
  double best = 0;
  for (int i = 0; i < 8; ++i) {
    const double start = clock();
    run();
    const double elapsed = clock() - start;
    if (i == 0) continue;  // warms up
    if (i == 1 || elapsed < best) best = elapsed;
  }
  return best;
}

}  // namespace

absl::Status CheckFlagRange(const char* flag, int64_t value, int64_t most) {
  if (value >= 1 && value <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag, "=", value, "; it must be between 1 and ", most));
}

absl::StatusOr<std::unique_ptr<BenchmarkNetwork>> BenchmarkNetwork::Create(
    const BenchmarkOptions& options, Profiler* profiler) {
  RTFQ_RETURN_IF_ERROR(CheckOptions(options));
  auto network =
      std::unique_ptr<BenchmarkNetwork>(new BenchmarkNetwork(options));
  TrainConfig config;
  RTFQ_ASSIGN_OR_RETURN(const auto family, FamilyOfDepth(options.depth));
  config.mutable_network()->set_family(family);
  RTFQ_ASSIGN_OR_RETURN(network->config_, ResolveTrainConfig(config, 1, 1));
  RTFQ_ASSIGN_OR_RETURN(
      network->engine_,
      Engine::Create(static_cast<int>(options.threads), profiler));
  network->plans_ = std::make_unique<ConvPlans>(*network->engine_);
  network->config_.mutable_adaptation()->set_activation_storage(
      options.bf16_storage ? AdaptationConfig::BF16_STORAGE
                           : AdaptationConfig::F32_STORAGE);
  RTFQ_RETURN_IF_ERROR(SetPrecision(*network->engine_, options.precision,
                                    *network->config_.mutable_adaptation()));
  RTFQ_ASSIGN_OR_RETURN(
      network->spec_,
      MakeResNetSpec(network->config_.network(), options.classes));
  RTFQ_ASSIGN_OR_RETURN(SearchSpace space,
                        SearchSpace::Create(network->config_.search_space()));
  network->space_ = std::make_unique<SearchSpace>(std::move(space));
  const std::vector<SubnetConfig> all = network->space_->All();
  for (const std::string& text : options.subnets) {
    RTFQ_ASSIGN_OR_RETURN(const SubnetConfig subnet, ParseSubnetConfig(text));
    if (std::find(all.begin(), all.end(), subnet) == all.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--subnets: ", text, " is not among the ", all.size(),
                       " subnets from ", network->space_->Largest().ToString(),
                       " to ", all.back().ToString()));
    }
    network->subnets_.push_back(subnet);
  }
  return network;
}

absl::StatusOr<std::unique_ptr<Supernet>> BenchmarkNetwork::MakeSupernet(
    bool with_gradients) {
  auto supernet = std::make_unique<Supernet>(
      spec_, *space_, config_.batch_norm(), *plans_, with_gradients);
  InitializeRandomly(Rng(0).Stream("weights"), *supernet);
  supernet->InitializeWeightSteps();
  ops::ImagesAt images(engine_->threads(), MakeImages(0));
  for (const SubnetConfig& subnet : subnets_) {
    RTFQ_RETURN_IF_ERROR(supernet->Prepare(subnet, options_.batch));
    Supernet::Saved saved;
    supernet->Forward(images.Resolution(subnet.resolution),
                      {.subnet = subnet,
                       .domain = Domain::kSource,
                       .mode = Mode::kStepCalibration},
                      saved);
  }
  return supernet;
}

Tensor BenchmarkNetwork::MakeImages(uint64_t seed) const {
  const int64_t side = space_->Largest().resolution;
  Tensor images = Tensor::Uninitialized({options_.batch, side, side, 3});
  Rng rng = Rng(seed).Stream("images");
  for (float& value : images.span()) {
    value = static_cast<float>(rng.Uniform(-2, 2));
  }
  return images;
}

Percentiles PercentilesOf(std::vector<double> seconds) {
  if (seconds.empty()) return {};
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&seconds](double share) {
    const auto last = static_cast<double>(seconds.size() - 1);
    return seconds[static_cast<size_t>(share * last + 0.5)] * 1000;
  };
  return {.p50_ms = at(0.5), .p90_ms = at(0.9)};
}

double PeakRssMib() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

absl::StatusOr<AttainableRates> MeasureAttainable(const Engine& engine) {
  const ops::Conv2dGeometry g = {.batch = 16,
                                 .in_channels = 256,
                                 .out_channels = 256,
                                 .in_size = 14,
                                 .kernel = 3,
                                 .stride = 1,
                                 .padding = 1};
  RTFQ_ASSIGN_OR_RETURN(const auto f32, ops::Conv2dPlan::Create(engine, g));
  RTFQ_ASSIGN_OR_RETURN(
      const auto int8,
      ops::Conv2dInt8Plan::Create(engine, g, BitWidth::k6, Sign::kUnsigned));
  const Tensor x = Tensor::Filled(g.x_shape(), 0.5f);
  const Tensor w = Tensor::Filled(g.w_shape(), 0.01f);
  const Tensor y = Tensor::Zeros(g.y_shape());
  const auto x_codes = TensorOf<uint8_t>::Filled(g.x_shape(), 3);
  const auto w_codes = TensorOf<int8_t>::Filled(g.w_shape(), 1);
  const auto acc = TensorOf<int32_t>::Zeros(g.y_shape());
  const double gmac = 16.0 * 14 * 14 * 256 * 256 * 9 / 1e9;
  AttainableRates rates;
  rates.f32_gmac_per_s = gmac / Fastest([&] { f32->Forward(x, w, y); });
  rates.int8_gmac_per_s =
      gmac / Fastest([&] { int8->Forward(x_codes, w_codes, acc); });
  return rates;
}

}  // namespace rtfq
