#include "rtfq/tools/calibration_file.h"

#include <filesystem>
#include <set>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

constexpr char kStep[] = "step";
constexpr char kDomain[] = "domain";
constexpr char kBatches[] = "batches";
constexpr char kBatchSize[] = "batch_size";

// The running statistics of these subnets, each once.
std::vector<Buffer*> Statistics(Domain domain,
                                std::span<const SubnetConfig> subnets,
                                const Supernet& supernet) {
  std::set<int> keys;
  for (const SubnetConfig& subnet : subnets) {
    keys.insert(supernet.switches().KeyOf(subnet));
  }
  std::vector<Buffer*> buffers;
  for (const SwitchableBatchNorm* bn : supernet.batch_norms()) {
    for (const int key : keys) {
      const SwitchableBatchNorm::Bank& bank = bn->BankOf(domain, key);
      buffers.push_back(bank.running_mean);
      buffers.push_back(bank.running_var);
    }
  }
  return buffers;
}

absl::StatusOr<int64_t> NumberIn(const SafetensorsFile& file, const char* key) {
  const auto found = file.metadata().find(key);
  int64_t value = 0;
  if (found == file.metadata().end() ||
      !absl::SimpleAtoi(found->second, &value) || value < 0) {
    return absl::DataLossError(absl::StrCat(file.name(), ": has no ", key));
  }
  return value;
}

absl::StatusOr<Calibration> ReadFacts(const SafetensorsFile& file) {
  Calibration calibration;
  RTFQ_ASSIGN_OR_RETURN(calibration.step, NumberIn(file, kStep));
  RTFQ_ASSIGN_OR_RETURN(calibration.batches, NumberIn(file, kBatches));
  RTFQ_ASSIGN_OR_RETURN(calibration.batch_size, NumberIn(file, kBatchSize));
  const auto domain = file.metadata().find(kDomain);
  const bool is_source = domain != file.metadata().end() &&
                         domain->second == NameOf(Domain::kSource);
  calibration.domain = is_source ? Domain::kSource : Domain::kTarget;
  return calibration;
}

}  // namespace

std::string CalibrationPath(const RunDirectory& run) {
  return run.Path("calibrated.safetensors");
}

absl::Status WriteCalibration(const std::string& path,
                              const Calibration& calibration,
                              std::span<const SubnetConfig> subnets,
                              const Supernet& supernet) {
  SafetensorsWriter writer;
  for (const Buffer* buffer :
       Statistics(calibration.domain, subnets, supernet)) {
    writer.AddF32(buffer->name, buffer->value.view());
  }
  writer.SetMetadata(kStep, absl::StrCat(calibration.step));
  writer.SetMetadata(kDomain, NameOf(calibration.domain));
  writer.SetMetadata(kBatches, absl::StrCat(calibration.batches));
  writer.SetMetadata(kBatchSize, absl::StrCat(calibration.batch_size));
  return writer.WriteAtomically(path);
}

absl::StatusOr<Calibration> RestoreCalibration(
    const std::string& path, int64_t step,
    std::span<const SubnetConfig> subnets, Supernet& supernet) {
  const std::string command =
      absl::StrCat(": bazel run //:evaluate -- --run=",
                   std::filesystem::path(path).parent_path().string());
  const absl::StatusOr<SafetensorsFile> file =
      SafetensorsFile::Read(path, {.verify_checksum = true});
  if (absl::IsNotFound(file.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": is not there; evaluate the run first", command));
  }
  RTFQ_RETURN_IF_ERROR(file.status());
  RTFQ_ASSIGN_OR_RETURN(const Calibration calibration, ReadFacts(*file));
  if (calibration.step != step) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": was measured at step ", calibration.step,
        ", the run stands at ", step, "; evaluate it again", command));
  }
  for (Buffer* buffer : Statistics(calibration.domain, subnets, supernet)) {
    const absl::Status status =
        file->CopyF32(buffer->name, buffer->value.view());
    if (absl::IsNotFound(status)) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": was not measured for all these subnets (no ",
                       buffer->name, "); evaluate them all", command));
    }
    RTFQ_RETURN_IF_ERROR(status);
  }
  return calibration;
}

}  // namespace rtfq
