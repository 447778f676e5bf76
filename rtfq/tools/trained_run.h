// A run's trained network and its images, for those who measure it.
#ifndef RTFQ_TOOLS_TRAINED_RUN_H_
#define RTFQ_TOOLS_TRAINED_RUN_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/tools/run_data.h"
#include "rtfq/tools/trained_network.h"

namespace rtfq {

// Holds the run directory alone.
class TrainedRun {
 public:
  // As TrainedNetwork::Load(), with the domains it was trained on. `data_root`:
  // where the images are now, "" unmoved. Errors of OpenRunDomains(), too.
  static absl::StatusOr<std::unique_ptr<TrainedRun>> Load(
      const std::string& folder, const std::string& data_root, int threads,
      const std::vector<std::string>& subnets);

  // Another domain below the target's root, with the source's classes; "" is
  // the target itself.
  absl::StatusOr<DomainDataset> OpenTest(const std::string& name) const;

  const RunDomains& domains() const { return domains_; }
  TrainedNetwork& network() { return *network_; }
  const TrainedNetwork& network() const { return *network_; }
  const RunFiles& files() const { return network_->files(); }
  const Engine& engine() const { return network_->engine(); }
  Supernet& supernet() { return network_->supernet(); }
  const std::vector<SubnetConfig>& subnets() const {
    return network_->subnets();
  }

 private:
  TrainedRun(std::unique_ptr<TrainedNetwork> network, RunDomains domains)
      : network_(std::move(network)), domains_(std::move(domains)) {}

  std::unique_ptr<TrainedNetwork> network_;
  RunDomains domains_;
};

}  // namespace rtfq

#endif  // RTFQ_TOOLS_TRAINED_RUN_H_
