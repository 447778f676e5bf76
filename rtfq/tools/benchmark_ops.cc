#include "rtfq/tools/benchmark_ops.h"

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "benchmark/benchmark.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/models/resnet_spec.h"
#include "rtfq/ops/bf16.h"
#include "rtfq/ops/conv2d.h"
#include "rtfq/ops/conv2d_bf16_gradients.h"
#include "rtfq/ops/conv2d_int8.h"

namespace rtfq {
namespace {

enum class ConvWork { kForward, kBackwardData, kBackwardWeights };
constexpr std::pair<ConvWork, const char*> kWorks[] = {
    {ConvWork::kForward, "forward"},
    {ConvWork::kBackwardData, "backward data"},
    {ConvWork::kBackwardWeights, "backward weights"}};

struct Occurrence {
  int times = 0;  // in one network
  Sign sign = Sign::kUnsigned;
};

// The distinct convolutions of a subnet.
std::map<ops::Conv2dGeometry, Occurrence> GeometriesOf(
    const BenchmarkNetwork& network, const SubnetConfig& subnet) {
  std::map<ops::Conv2dGeometry, Occurrence> result;
  for (const ConvSpec& conv :
       ConvSpecsAt(network.spec(), subnet.resolution, subnet.width_percent)) {
    Occurrence& seen = result[{.batch = network.options().batch,
                               .in_channels = conv.in_channels,
                               .out_channels = conv.out_channels,
                               .in_size = conv.in_size,
                               .kernel = conv.kernel,
                               .stride = conv.stride,
                               .padding = conv.padding}];
    ++seen.times;
    if (conv.role == ConvRole::kStem) seen.sign = Sign::kSigned;
  }
  return result;
}

// One convolution and all that it reads and writes.
class Subject {
 public:
  static absl::StatusOr<std::unique_ptr<Subject>> Create(
      const BenchmarkNetwork& network, const ops::Conv2dGeometry& g,
      BitWidth bits, Sign sign) {
    const Engine& engine = network.engine();
    auto subject = std::make_unique<Subject>();
    RTFQ_ASSIGN_OR_RETURN(subject->f32_, ops::Conv2dPlan::Create(engine, g));
    const bool on_codes =
        network.precision() != AdaptationConfig::F32 && IsQuantized(bits);
    if (on_codes && network.precision() == AdaptationConfig::BF16) {
      RTFQ_ASSIGN_OR_RETURN(subject->bf16_,
                            ops::Conv2dBf16Gradients::Create(engine, g));
    }
    if (on_codes) {
      RTFQ_ASSIGN_OR_RETURN(subject->int8_,
                            ops::Conv2dInt8Plan::Create(engine, g, bits, sign));
    }
    subject->x_ = Tensor::Filled(g.x_shape(), 0.5f);
    subject->w_ = Tensor::Filled(g.w_shape(), 0.01f);
    subject->y_ = Tensor::Zeros(g.y_shape());
    subject->dx_ = Tensor::Zeros(g.x_shape());
    subject->dw_ = Tensor::Zeros(g.w_shape());
    subject->sign_ = sign;
    subject->y_bf16_ = TensorOf<ops::Bf16>::Zeros(g.y_shape());
    subject->x_codes_ = TensorOf<uint8_t>::Filled(g.x_shape(), 3);
    subject->w_codes_ = TensorOf<int8_t>::Filled(g.w_shape(), 1);
    subject->sums_ = TensorOf<int32_t>::Zeros(g.y_shape());
    return subject;
  }

  void Run(ConvWork work) {
    switch (work) {
      case ConvWork::kForward:
        if (int8_ == nullptr) return f32_->Forward(x_, w_, y_);
        return int8_->Forward(x_codes_, w_codes_, sums_);
      case ConvWork::kBackwardData:
        if (bf16_ == nullptr) return f32_->BackwardData(y_, w_, dx_);
        return bf16_->BackwardData(y_bf16_, w_codes_, dx_);
      case ConvWork::kBackwardWeights:
        if (bf16_ == nullptr) return f32_->BackwardWeights(x_, y_, dw_);
        return bf16_->BackwardWeights(x_codes_, sign_, y_bf16_, dw_);
    }
  }

 private:
  std::unique_ptr<ops::Conv2dPlan> f32_;
  std::unique_ptr<ops::Conv2dInt8Plan> int8_;       // null for F32
  std::unique_ptr<ops::Conv2dBf16Gradients> bf16_;  // null but for BF16
  Sign sign_ = Sign::kUnsigned;
  TensorOf<ops::Bf16> y_bf16_;
  Tensor x_, w_, y_, dx_, dw_;
  TensorOf<uint8_t> x_codes_;
  TensorOf<int8_t> w_codes_;
  TensorOf<int32_t> sums_;
};

// What Google Benchmark measured, in the order of registration.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      seconds_.push_back(run.GetAdjustedRealTime() / 1000);
    }
  }
  const std::vector<double>& seconds() const { return seconds_; }

 private:
  std::vector<double> seconds_;
};

// Seconds of each work on `subject`, the mean of `steps` runs.
std::vector<double> Measure(Subject& subject, int64_t steps) {
  benchmark::ClearRegisteredBenchmarks();
  for (const auto& [work, name] : kWorks) {
    benchmark::RegisterBenchmark(name,
                                 [&subject, w = work](benchmark::State& state) {
                                   subject.Run(w);  // warms up
                                   for (auto _ : state) subject.Run(w);
                                 })
        ->Iterations(steps)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  return collector.seconds();
}

struct Total {
  double seconds = 0;
  double macs = 0;
};

std::string Json(const SubnetConfig& subnet, const char* work,
                 const Total& total) {
  return absl::StrFormat(
      "{\"subnet\":\"%s\",\"work\":\"%s\",\"ms\":%.2f,\"gmac_per_s\":%.1f}",
      subnet.ToString(), work, total.seconds * 1e3,
      total.macs / total.seconds / 1e9);
}

}  // namespace

absl::StatusOr<std::string> BenchmarkOps(const BenchmarkNetwork& network) {
  std::vector<std::string> rows;
  for (const SubnetConfig& subnet : network.subnets()) {
    Total totals[std::size(kWorks)];
    std::printf("%s, batch %d: ms (GMAC/s)\n", subnet.ToString().c_str(),
                static_cast<int>(network.options().batch));
    for (const auto& [g, seen] : GeometriesOf(network, subnet)) {
      RTFQ_ASSIGN_OR_RETURN(
          const auto subject,
          Subject::Create(network, g, subnet.bits, seen.sign));
      const std::vector<double> seconds =
          Measure(*subject, network.options().steps);
      std::string line =
          absl::StrFormat("  %2d x %-42s", seen.times, g.ToString());
      for (size_t i = 0; i < std::size(kWorks); ++i) {
        const auto macs = static_cast<double>(g.macs());
        totals[i].seconds += seen.times * seconds[i];
        totals[i].macs += seen.times * macs;
        absl::StrAppendFormat(&line, "  %s %.2f (%.0f)", kWorks[i].second,
                              seconds[i] * 1e3, macs / seconds[i] / 1e9);
      }
      std::printf("%s\n", line.c_str());
    }
    for (size_t i = 0; i < std::size(kWorks); ++i) {
      rows.push_back(Json(subnet, kWorks[i].second, totals[i]));
    }
  }
  return absl::StrFormat(
      "{\"benchmark\":\"ops\",\"depth\":%d,\"batch\":%d,"
      "\"precision\":\"%s\",\"threads\":%d,"
      "\"machine\":\"%s\",\"peak_rss_mib\":%.0f,\"sums\":[%s]}",
      network.options().depth, network.options().batch,
      AdaptationConfig::Precision_Name(network.precision()),
      network.engine().threads().num_threads(), network.engine().Description(),
      PeakRssMib(), absl::StrJoin(rows, ","));
}

}  // namespace rtfq
