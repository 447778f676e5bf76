#include "rtfq/tools/latency.h"

#include <algorithm>
#include <vector>

#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

constexpr size_t kLeast = 3;
constexpr size_t kMost = 50;
constexpr double kSeconds = 0.05;

}  // namespace

absl::StatusOr<double> MeasureLatency(const SubnetConfig& subnet, Domain domain,
                                      const Clock& clock, Supernet& supernet) {
  RTFQ_RETURN_IF_ERROR(supernet.Prepare(subnet, 1));
  const Tensor image =
      Tensor::Zeros({1, subnet.resolution, subnet.resolution, 3});
  const Pass pass = {
      .subnet = subnet, .domain = domain, .mode = Mode::kInference};
  std::vector<double> seconds;
  double sum = 0;
  for (bool warm = false;
       seconds.size() < kLeast || (sum < kSeconds && seconds.size() < kMost);
       warm = true) {
    Supernet::Saved saved;
    const double start = clock();
    supernet.Forward(image, pass, saved);
    const double elapsed = clock() - start;
    if (!warm) continue;
    seconds.push_back(elapsed);
    sum += elapsed;
  }
  std::nth_element(seconds.begin(), seconds.begin() + seconds.size() / 2,
                   seconds.end());
  return seconds[seconds.size() / 2] * 1000;
}

}  // namespace rtfq
