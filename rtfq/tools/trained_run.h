// A run's trained network and its images, for those who measure it.
#ifndef RTFQ_TOOLS_TRAINED_RUN_H_
#define RTFQ_TOOLS_TRAINED_RUN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/models/supernet.h"
#include "rtfq/tools/run_data.h"
#include "rtfq/tools/run_directory.h"

namespace rtfq {

// Holds the run directory alone.
class TrainedRun {
 public:
  // The student of the run's newest whole checkpoint. `data_root`: where the
  // images are now, "" unmoved; `threads` 0: as many as the run; `subnets`: as
  // printed, empty for all. kFailedPrecondition when the run has no student
  // yet, kInvalidArgument for a subnet that is not in its search space; errors
  // of RunDirectory::Open(), OpenRunDomains() and of its files.
  static absl::StatusOr<std::unique_ptr<TrainedRun>> Load(
      const std::string& folder, const std::string& data_root, int threads,
      const std::vector<std::string>& subnets);

  // Another domain below the target's root, with the source's classes; "" is
  // the target itself.
  absl::StatusOr<DomainDataset> OpenTest(const std::string& name) const;

  const RunDirectory& directory() const { return directory_; }
  const RunFiles& files() const { return directory_.files(); }
  const Engine& engine() const { return *engine_; }
  const RunDomains& domains() const { return domains_; }
  Supernet& supernet() { return *supernet_; }
  const std::vector<SubnetConfig>& subnets() const { return subnets_; }
  int64_t step() const { return step_; }
  int64_t total_steps() const { return total_steps_; }

 private:
  TrainedRun(RunDirectory directory, std::unique_ptr<Engine> engine,
             RunDomains domains)
      : directory_(std::move(directory)),
        engine_(std::move(engine)),
        domains_(std::move(domains)),
        plans_(*engine_) {}

  absl::Status LoadStudent();
  absl::Status ChooseSubnets(const std::vector<std::string>& names);

  RunDirectory directory_;
  std::unique_ptr<Engine> engine_;
  RunDomains domains_;
  ConvPlans plans_;
  std::optional<Supernet> supernet_;
  std::vector<SubnetConfig> subnets_;
  int64_t step_ = 0;
  int64_t total_steps_ = 0;
};

}  // namespace rtfq

#endif  // RTFQ_TOOLS_TRAINED_RUN_H_
