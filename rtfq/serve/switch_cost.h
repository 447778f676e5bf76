// What changing the subnet costs a program that holds several.
#ifndef RTFQ_SERVE_SWITCH_COST_H_
#define RTFQ_SERVE_SWITCH_COST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/serve/device.pb.h"

namespace rtfq {

// Both ways between the two subnets, each used before, as Predictor hands their
// graphs out: finds the graph and runs a batch right after the other subnet's
// and right after its own, in turn, `seconds` long but at least 5 times, and
// compares the medians. What is added is the look-up and whatever the other
// one's weights and activations pushed out of the caches. Errors of Predictor.
absl::StatusOr<std::vector<SwitchCost>> MeasureSwitches(
    const Engine& engine, std::shared_ptr<const Bundle> bundle,
    const std::string& one, const std::string& other, int64_t batch,
    double seconds, const std::function<double()>& clock);

}  // namespace rtfq

#endif  // RTFQ_SERVE_SWITCH_COST_H_
