#include "rtfq/tools/warm_up_file.h"

#include <list>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/metrics_log.h"
#include "rtfq/train/checkpoint_position.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

// What of a config decides what a warm-up learns: of adaptation's fields its
// loss reads one. The precision only decides how it was rounded, and to compare
// precisions of adaptation one wants a single warm-up.
TrainConfig WarmUpPart(const TrainConfig& config) {
  TrainConfig part = config;
  part.clear_adaptation();
  part.mutable_adaptation()->set_label_smoothing(
      config.adaptation().label_smoothing());
  // Full precision: the bits play no part.
  part.mutable_search_space()->clear_bit_widths();
  return part;
}

absl::Status CheckSame(const std::string& folder, const RunFiles& from,
                       const RunFiles& into) {
  const auto differ = [&](const char* what) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, ": its warm-up cannot be taken over: ", what));
  };
  if (from.data.source().manifest_sha256() !=
          into.data.source().manifest_sha256() ||
      from.data.target().manifest_sha256() !=
          into.data.target().manifest_sha256()) {
    return differ("it has other images");
  }
  if (from.data.init_sha256() != into.data.init_sha256()) {
    return differ("it began with other weights");
  }
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  if (!differencer.Compare(WarmUpPart(from.config), WarmUpPart(into.config))) {
    absl::StripTrailingAsciiWhitespace(&difference);
    return differ(absl::StrCat("its config differs: ", difference).c_str());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<WarmUpFile> WarmUpFile::Read(const std::string& folder,
                                            const RunFiles& into) {
  RTFQ_ASSIGN_OR_RETURN(const RunDirectory run,
                        RunDirectory::OpenForReading(folder));
  RTFQ_RETURN_IF_ERROR(CheckSame(folder, run.files(), into));
  const std::string path = run.Path(kWarmUpFile);
  absl::StatusOr<SafetensorsFile> file =
      SafetensorsFile::Read(path, {.verify_checksum = true});
  if (absl::IsNotFound(file.status())) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder, ": has no ", kWarmUpFile, "; its warm-up has not ended yet"));
  }
  RTFQ_RETURN_IF_ERROR(file.status());
  RTFQ_ASSIGN_OR_RETURN(const CheckpointPosition position,
                        ReadCheckpointPosition(*file, run.files().config));
  if (position.step != position.warm_up_end) {
    return absl::DataLossError(
        absl::StrCat(path, ": is of step ", position.step,
                     "; the warm-up ends at ", position.warm_up_end));
  }
  absl::StatusOr<std::string> metrics = ReadFile(run.metrics());
  if (!metrics.ok()) metrics = "";
  double seconds = 0;
  return WarmUpFile(*std::move(file), position.step,
                    MetricsUpTo(*metrics, position.step, seconds));
}

absl::Status WarmUpFile::WriteInto(const RunDirectory& run,
                                   const CheckpointStore& checkpoints) const {
  SafetensorsWriter writer;
  std::list<Tensor> tensors;  // the writer keeps views
  for (const auto& [name, entry] : file_.entries()) {
    RTFQ_ASSIGN_OR_RETURN(Tensor tensor, file_.ReadF32(name));
    tensors.push_back(std::move(tensor));
    writer.AddF32(name, tensors.back().view());
  }
  for (const auto& [key, value] : file_.metadata()) {
    if (key != kSafetensorsChecksumKey) writer.SetMetadata(key, value);
  }
  writer.SetMetadata("config_sha256", ConfigFingerprint(run.files().config));
  RTFQ_RETURN_IF_ERROR(WriteFileAtomically(run.metrics(), metrics_));
  return checkpoints.Save(step_, writer);
}

}  // namespace rtfq
