// The folder of one run.
#ifndef RTFQ_TOOLS_RUN_DIRECTORY_H_
#define RTFQ_TOOLS_RUN_DIRECTORY_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/tools/run.pb.h"
#include "rtfq/train/machine_config.pb.h"
#include "rtfq/train/train_config.pb.h"

namespace rtfq {

// What a run is: all that is needed to go on with it.
struct RunFiles {
  TrainConfig config;  // resolved
  MachineConfig machine;
  RunData data;
  RunEnvironment environment;
};

// <folder>/config.textproto, machine.textproto, data.textproto,
// environment.textproto, metrics.jsonl, checkpoints/ and later report.*.
// config.textproto is written last: with it, a folder is a run. Movable.
class RunDirectory {
 public:
  // A folder for a new run, which this object then holds alone; until Commit()
  // it is no run, and what was made is removed again with this object.
  // kAlreadyExists, and nothing is touched, where the folder is a run or holds
  // anything but what a process killed before Commit() leaves;
  // kFailedPrecondition when another process holds it; errors of writing.
  static absl::StatusOr<RunDirectory> Create(const std::string& folder);
  absl::Status Commit(const RunFiles& files);

  // An existing run, to go on with, held alone. kNotFound when the folder is no
  // run, kFailedPrecondition when another process holds it, errors of its
  // files.
  static absl::StatusOr<RunDirectory> Open(const std::string& folder);
  // The same to look at, whoever holds it.
  static absl::StatusOr<RunDirectory> OpenForReading(const std::string& folder);

  // Whether the folder is a run.
  static bool IsRun(const std::string& folder);

  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&& other) noexcept;
  ~RunDirectory();

  const std::string& folder() const { return folder_; }
  const RunFiles& files() const { return files_; }
  // The path of a file in it.
  std::string Path(const std::string& name) const;
  std::string checkpoints() const { return Path("checkpoints"); }
  std::string metrics() const { return Path("metrics.jsonl"); }

  // Where and with what it is gone on with; the config stays.
  absl::Status Update(const MachineConfig& machine, const RunData& data,
                      const RunEnvironment& environment);

 private:
  RunDirectory(std::string folder, int lock)
      : folder_(std::move(folder)), lock_(lock) {}

  static absl::StatusOr<RunDirectory> Lock(const std::string& folder);
  absl::Status WriteAll() const;
  absl::Status ReadAll();

  std::string folder_;
  int lock_ = -1;  // an open file; the kernel drops the lock with the process
  bool remove_ = false;  // made and not committed
  RunFiles files_;
};

}  // namespace rtfq

#endif  // RTFQ_TOOLS_RUN_DIRECTORY_H_
