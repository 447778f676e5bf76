#include "rtfq/serve/switch_cost.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rtfq/core/status_macros.h"
#include "rtfq/serve/latency_statistics.h"
#include "rtfq/serve/predictor.h"

namespace rtfq {
namespace {

constexpr int kLeastRounds = 5;

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return Quantile(values, 0.5);
}

}  // namespace

absl::StatusOr<std::vector<SwitchCost>> MeasureSwitches(
    const Engine& engine, std::shared_ptr<const Bundle> bundle,
    const std::string& one, const std::string& other, int64_t batch,
    double seconds, const std::function<double()>& clock) {
  const int64_t side = bundle->header().preprocessing().crop();
  const Tensor images = Tensor::Zeros({batch, side, side, 3});
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<Predictor> predictor,
                        Predictor::Create(engine, std::move(bundle)));
  const std::array<std::string, 2> subnets = {one, other};
  for (const std::string& subnet : subnets) {
    RTFQ_ASSIGN_OR_RETURN(const auto graph, predictor->Graph(subnet, batch));
    graph->Forward(images);
  }
  // By subnet: right after the other one, and right after itself.
  std::array<std::vector<double>, 2> after_other, after_itself;
  const double begin = clock();
  for (int round = 0; round < kLeastRounds || clock() - begin < seconds;
       ++round) {
    for (size_t i = 0; i < subnets.size(); ++i) {
      for (std::vector<double>* samples : {&after_other[i], &after_itself[i]}) {
        const double start = clock();
        RTFQ_ASSIGN_OR_RETURN(const auto graph,
                              predictor->Graph(subnets[i], batch));
        graph->Forward(images);
        samples->push_back(clock() - start);
      }
    }
  }
  std::vector<SwitchCost> costs(2);
  for (size_t i = 0; i < subnets.size(); ++i) {
    costs[i].set_from(subnets[1 - i]);
    costs[i].set_to(subnets[i]);
    costs[i].set_threads(engine.threads().num_threads());
    costs[i].set_batch(static_cast<int32_t>(batch));
    costs[i].set_added_us(1e6 *
                          (Median(after_other[i]) - Median(after_itself[i])));
  }
  return costs;
}

}  // namespace rtfq
