// A run's trained network, for those who measure or export it.
#ifndef RTFQ_TOOLS_TRAINED_NETWORK_H_
#define RTFQ_TOOLS_TRAINED_NETWORK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/domain.h"
#include "rtfq/core/engine.h"
#include "rtfq/models/supernet.h"
#include "rtfq/tools/run_directory.h"

namespace rtfq {

// Holds the run directory alone. Images are not looked at.
class TrainedNetwork {
 public:
  // The student of the run's newest checkpoint. `threads` 0: as many as
  // the run; `subnets`: as printed, empty for all. kFailedPrecondition when the
  // run has no student yet, kDataLoss when that checkpoint is damaged: an older
  // one is not what was trained; kInvalidArgument for a config that was changed
  // since and for a subnet that is not in its search space; errors of
  // RunDirectory::Open() and of its files.
  static absl::StatusOr<std::unique_ptr<TrainedNetwork>> Load(
      const std::string& folder, int threads,
      const std::vector<std::string>& subnets);

  const RunDirectory& directory() const { return directory_; }
  const RunFiles& files() const { return directory_.files(); }
  const Engine& engine() const { return *engine_; }
  Supernet& supernet() { return *supernet_; }
  const std::vector<SubnetConfig>& subnets() const { return subnets_; }
  int64_t step() const { return step_; }
  int64_t total_steps() const { return total_steps_; }
  // Whose batch norms the run is judged with: the target's, or the source's
  // where it never adapted.
  Domain domain() const;

 private:
  TrainedNetwork(RunDirectory directory, std::unique_ptr<Engine> engine)
      : directory_(std::move(directory)),
        engine_(std::move(engine)),
        plans_(*engine_) {}

  absl::Status LoadStudent();
  absl::Status ChooseSubnets(const std::vector<std::string>& names);

  RunDirectory directory_;
  std::unique_ptr<Engine> engine_;
  ConvPlans plans_;
  std::optional<Supernet> supernet_;
  std::vector<SubnetConfig> subnets_;
  int64_t step_ = 0;
  int64_t total_steps_ = 0;
};

}  // namespace rtfq

#endif  // RTFQ_TOOLS_TRAINED_NETWORK_H_
