#include "rtfq/tools/train_flags.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/paths.h"
#include "rtfq/train/text_config.h"

namespace rtfq {
namespace {

absl::Status Missing(const char* flag, const char* example) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, " is missing, as in --", flag, "=", example,
                   "; --help shows all flags"));
}

// A domain is a name below the root, or else the path of an image list.
std::string DomainName(const std::string& root, const std::string& name) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::path(root) / name, ignored) ||
      !std::filesystem::exists(UserPath(name), ignored)) {
    return name;
  }
  return UserPath(name);
}

absl::StatusOr<bool> SkipsBadImages(const std::string& policy) {
  if (policy == "fail" || policy == "skip") return policy == "skip";
  return absl::InvalidArgumentError(
      absl::StrCat("--on_bad_image=", policy, "; it takes fail or skip"));
}

absl::StatusOr<MachineConfig> MachineFrom(const TrainFlags& flags,
                                          MachineConfig machine) {
  if (!flags.machine.empty()) {
    RTFQ_RETURN_IF_ERROR(ReadTextProto(UserPath(flags.machine), machine));
  }
  if (flags.threads < 0 || flags.threads > 1024) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--threads=", flags.threads, "; it must be between 0 and 1024"));
  }
  if (flags.threads > 0) machine.set_threads(static_cast<int>(flags.threads));
  return machine;
}

}  // namespace

void TrainFlags::AddSharedTo(Flags& flags) {
  flags.Add("set", &set,
            "changes one field of the config: adaptation.steps=99");
  flags.Add("steps", &steps,
            "steps of adaptation, as --set=adaptation.steps; 0: the config's");
  flags.Add("data", &data, "folder of the domain folders or image lists");
  flags.Add("init", &init, "public weights to begin with (.safetensors)");
  flags.Add("machine", &machine, "machine config, a text file");
  flags.Add("threads", &threads, "0: the machine config's, else all there are");
  flags.Add("on_bad_image", &on_bad_image,
            "fail, or skip: what to do about images that cannot be decoded");
  flags.Add("progress", &progress, "auto, plain, json or none");
}

void TrainFlags::AddTo(Flags& flags) {
  flags.Add("config", &config, "what is learned, a text file");
  flags.Add("source", &source, "labelled domain: a folder or list in --data");
  flags.Add("target", &target, "unlabelled domain: a folder or list in --data");
  flags.Add("run", &run, "new folder for the run");
  flags.Add("resume", &resume, "folder of a run to go on with");
  flags.Add(
      "warm_up", &warm_up,
      "folder of a run whose warm-up is taken over instead of made again");
  AddSharedTo(flags);
}

absl::StatusOr<TrainConfig> ConfigFrom(const TrainFlags& flags,
                                       const TrainConfig& base) {
  TrainConfig config = base;
  for (const std::string& assignment : flags.set) {
    RTFQ_RETURN_IF_ERROR(Annotate(ApplyOverride(assignment, config), "--set"));
  }
  if (flags.steps != 0) {
    RTFQ_RETURN_IF_ERROR(Annotate(
        ApplyOverride(absl::StrCat("adaptation.steps=", flags.steps), config),
        "--steps"));
  }
  return config;
}

absl::StatusOr<NewRun> NewRunFrom(const TrainFlags& flags,
                                  const TrainConfig& base,
                                  const std::vector<std::string>& command) {
  if (flags.run.empty()) return Missing("run", "runs/a2w (a new folder)");
  if (flags.data.empty()) return Missing("data", "~/data/office31");
  if (flags.source.empty()) return Missing("source", "amazon");
  if (flags.target.empty()) return Missing("target", "webcam");
  NewRun run;
  run.config = base;
  if (!flags.config.empty()) {
    RTFQ_RETURN_IF_ERROR(ReadTextProto(UserPath(flags.config), run.config));
  }
  RTFQ_ASSIGN_OR_RETURN(run.config, ConfigFrom(flags, run.config));
  RTFQ_ASSIGN_OR_RETURN(run.machine, MachineFrom(flags, MachineConfig()));
  RTFQ_ASSIGN_OR_RETURN(const bool skip, SkipsBadImages(flags.on_bad_image));
  run.folder = UserPath(flags.run);
  run.warm_up_from = UserPath(flags.warm_up);
  const std::string root = UserPath(flags.data);
  run.data.mutable_source()->set_root(root);
  run.data.mutable_source()->set_name(DomainName(root, flags.source));
  run.data.mutable_target()->set_root(root);
  run.data.mutable_target()->set_name(DomainName(root, flags.target));
  run.data.set_skip_bad_images(skip);
  if (!flags.init.empty()) run.data.set_init(UserPath(flags.init));
  run.command = command;
  return run;
}

absl::StatusOr<ResumedRun> ResumedRunFrom(
    const TrainFlags& flags, const std::vector<std::string>& command) {
  const std::pair<const char*, bool> kept[] = {
      {"run", !flags.run.empty()},
      {"config", !flags.config.empty()},
      {"set", !flags.set.empty()},
      {"steps", flags.steps != 0},
      {"source", !flags.source.empty()},
      {"target", !flags.target.empty()},
      {"init", !flags.init.empty()},
      {"warm_up", !flags.warm_up.empty()},
      {"on_bad_image", flags.on_bad_image != "fail"}};
  for (const auto& [name, given] : kept) {
    if (!given) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--", name,
                     " does not go with --resume: a run keeps what it learns; "
                     "start another one with --run"));
  }
  ResumedRun run;
  run.folder = UserPath(flags.resume);
  run.data_root = UserPath(flags.data);
  run.command = command;
  RTFQ_ASSIGN_OR_RETURN(const MachineConfig machine,
                        MachineFrom(flags, MachineConfig()));
  if (!flags.machine.empty()) run.machine = machine;
  if (flags.threads > 0) run.threads = static_cast<int>(flags.threads);
  return run;
}

}  // namespace rtfq
