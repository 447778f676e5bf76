// What `train` is asked for on the command line.
#ifndef RTFQ_TOOLS_TRAIN_FLAGS_H_
#define RTFQ_TOOLS_TRAIN_FLAGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/training_run.h"

namespace rtfq {

// RunMain()'s hint for programs that train.
inline constexpr char kLessMemoryToTrain[] =
    "fewer data.images_per_domain, or adaptation.activation_storage: "
    "BF16_STORAGE, take less";

struct TrainFlags {
  std::string config;
  std::vector<std::string> set;
  int64_t steps = 0;
  std::string data;
  std::string source;
  std::string target;
  std::string init;
  std::string warm_up;
  std::string run;
  std::string resume;
  std::string machine;
  int64_t threads = 0;
  std::string on_bad_image = "fail";
  std::string progress = "auto";

  // All of them.
  void AddTo(Flags& flags);
  // Those that say what a run learns and from what: for tools that make several
  // runs of it. (set, steps, data, init, machine, threads, on_bad_image,
  // progress.)
  void AddSharedTo(Flags& flags);
};

// `base`, changed by --set and --steps. kInvalidArgument as ApplyOverride().
absl::StatusOr<TrainConfig> ConfigFrom(const TrainFlags& flags,
                                       const TrainConfig& base);

// The new run these flags ask for; `base` is the config where there is no
// --config. Reads --config and --machine. kInvalidArgument naming the flag that
// is missing or wrong.
absl::StatusOr<NewRun> NewRunFrom(const TrainFlags& flags,
                                  const TrainConfig& base,
                                  const std::vector<std::string>& command);

// The run to go on with. kInvalidArgument for flags whose values a run keeps.
absl::StatusOr<ResumedRun> ResumedRunFrom(
    const TrainFlags& flags, const std::vector<std::string>& command);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_TRAIN_FLAGS_H_
