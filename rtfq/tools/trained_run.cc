#include "rtfq/tools/trained_run.h"

#include "rtfq/core/status_macros.h"

namespace rtfq {

absl::StatusOr<std::unique_ptr<TrainedRun>> TrainedRun::Load(
    const std::string& folder, const std::string& data_root, int threads,
    const std::vector<std::string>& subnets) {
  RTFQ_ASSIGN_OR_RETURN(std::unique_ptr<TrainedNetwork> network,
                        TrainedNetwork::Load(folder, threads, subnets));
  RunData data = network->files().data;
  if (!data_root.empty()) {
    data.mutable_source()->set_root(data_root);
    data.mutable_target()->set_root(data_root);
  }
  RTFQ_ASSIGN_OR_RETURN(RunDomains domains,
                        OpenRunDomains(data, network->engine().threads()));
  return std::unique_ptr<TrainedRun>(
      new TrainedRun(std::move(network), std::move(domains)));
}

absl::StatusOr<DomainDataset> TrainedRun::OpenTest(
    const std::string& name) const {
  if (name.empty()) return domains_.target;
  return OpenDomain(domains_.data.target().root(), name,
                    domains_.source.classes);
}

}  // namespace rtfq
