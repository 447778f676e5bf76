#include "rtfq/tools/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/train/text_config.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

constexpr char kConfig[] = "config.textproto";
constexpr char kMachine[] = "machine.textproto";
constexpr char kData[] = "data.textproto";
constexpr char kEnvironment[] = "environment.textproto";
constexpr char kLock[] = "lock";
constexpr char kCheckpoints[] = "checkpoints";

std::string Join(const std::string& folder, const std::string& name) {
  return (std::filesystem::path(folder) / name).string();
}

// OK where a run may be made: nothing is there but what comes before
// config.textproto.
absl::Status CheckFree(const std::string& folder) {
  if (RunDirectory::IsRun(folder)) {
    return absl::AlreadyExistsError(absl::StrCat(
        folder, " holds a run already: go on with it by --resume=", folder,
        ", or choose another folder"));
  }
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  if (error == std::errc::no_such_file_or_directory) return absl::OkStatus();
  const std::set<std::string> ours = {kConfig, kMachine, kData, kEnvironment,
                                      kLock};
  while (!error && entry != std::filesystem::directory_iterator()) {
    std::string name = entry->path().filename().string();
    if (entry->path().extension() == ".tmp") name = entry->path().stem();
    const bool is_ours =
        name == kCheckpoints
            ? std::filesystem::is_empty(entry->path(), error) && !error
            : ours.count(name) > 0;
    if (!is_ours) {
      return absl::AlreadyExistsError(absl::StrCat(
          folder, " is not empty (", name, "); choose another folder"));
    }
    entry.increment(error);
  }
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(folder, ": cannot list: ", error.message()));
}

absl::Status NotARun(const std::string& folder) {
  return absl::NotFoundError(
      absl::StrCat(folder, " is no run: it has no ", kConfig,
                   "; is the path right? A run is made by "
                   "bazel run //:train -- --run=FOLDER"));
}

}  // namespace

bool RunDirectory::IsRun(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::exists(Join(folder, kConfig), ignored);
}

absl::StatusOr<RunDirectory> RunDirectory::Lock(const std::string& folder) {
  const std::string path = Join(folder, kLock);
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    return absl::UnavailableError(
        absl::StrCat(path, ": cannot open: ", std::strerror(errno)));
  }
  RunDirectory run(folder, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return run;
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder, ": another process is at work in it; wait, or stop it"));
  }
  return absl::UnavailableError(
      absl::StrCat(path, ": cannot lock: ", std::strerror(errno)));
}

absl::StatusOr<RunDirectory> RunDirectory::Create(const std::string& folder) {
  RTFQ_RETURN_IF_ERROR(CheckFree(folder));
  RTFQ_RETURN_IF_ERROR(MakeFolders(folder));
  RTFQ_ASSIGN_OR_RETURN(RunDirectory run, Lock(folder));
  // Another process may have been faster.
  RTFQ_RETURN_IF_ERROR(CheckFree(folder));
  run.remove_ = true;
  return run;
}

absl::Status RunDirectory::Commit(const RunFiles& files) {
  files_ = files;
  RTFQ_RETURN_IF_ERROR(WriteAll());
  RTFQ_RETURN_IF_ERROR(
      WriteFileAtomically(Path(kConfig), ToTextProto(files.config)));
  remove_ = false;
  return absl::OkStatus();
}

absl::StatusOr<RunDirectory> RunDirectory::Open(const std::string& folder) {
  if (!IsRun(folder)) return NotARun(folder);
  RTFQ_ASSIGN_OR_RETURN(RunDirectory run, Lock(folder));
  RTFQ_RETURN_IF_ERROR(run.ReadAll());
  return run;
}

absl::StatusOr<RunDirectory> RunDirectory::OpenForReading(
    const std::string& folder) {
  if (!IsRun(folder)) return NotARun(folder);
  RunDirectory run(folder, -1);
  RTFQ_RETURN_IF_ERROR(run.ReadAll());
  return run;
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : folder_(std::move(other.folder_)),
      lock_(std::exchange(other.lock_, -1)),
      remove_(std::exchange(other.remove_, false)),
      files_(std::move(other.files_)) {}

RunDirectory& RunDirectory::operator=(RunDirectory&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(lock_, other.lock_);
  std::swap(remove_, other.remove_);
  std::swap(files_, other.files_);
  return *this;
}

RunDirectory::~RunDirectory() {
  if (remove_) {
    // Only what is ours; a folder that is not empty stays.
    std::error_code ignored;
    for (const char* name :
         {kMachine, kData, kEnvironment, kCheckpoints, kLock, ""}) {
      std::filesystem::remove(Path(name), ignored);
    }
  }
  if (lock_ >= 0) ::close(lock_);
}

std::string RunDirectory::Path(const std::string& name) const {
  return name.empty() ? folder_ : Join(folder_, name);
}

absl::Status RunDirectory::WriteAll() const {
  RTFQ_RETURN_IF_ERROR(
      WriteFileAtomically(Path(kMachine), ToTextProto(files_.machine)));
  RTFQ_RETURN_IF_ERROR(
      WriteFileAtomically(Path(kData), ToTextProto(files_.data)));
  return WriteFileAtomically(Path(kEnvironment),
                             ToTextProto(files_.environment));
}

absl::Status RunDirectory::Update(const MachineConfig& machine,
                                  const RunData& data,
                                  const RunEnvironment& environment) {
  files_.machine = machine;
  files_.data = data;
  files_.environment = environment;
  return WriteAll();
}

absl::Status RunDirectory::ReadAll() {
  RTFQ_RETURN_IF_ERROR(ReadTextProto(Path(kConfig), files_.config));
  RTFQ_RETURN_IF_ERROR(
      Annotate(ValidateTrainConfig(files_.config), Path(kConfig)));
  RTFQ_RETURN_IF_ERROR(ReadTextProto(Path(kMachine), files_.machine));
  RTFQ_RETURN_IF_ERROR(
      Annotate(ValidateMachineConfig(files_.machine), Path(kMachine)));
  RTFQ_RETURN_IF_ERROR(ReadTextProto(Path(kData), files_.data));
  return ReadTextProto(Path(kEnvironment), files_.environment);
}

}  // namespace rtfq
