#include "rtfq/train/checkpoint_tensors.h"

#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {

void AddSupernet(const std::string& prefix, const Supernet& supernet,
                 SafetensorsWriter& writer) {
  for (const Parameter& parameter : supernet.store().parameters()) {
    writer.AddF32(absl::StrCat(prefix, "/", parameter.name),
                  parameter.value.view());
  }
  for (const Buffer& buffer : supernet.store().buffers()) {
    writer.AddF32(absl::StrCat(prefix, "/", buffer.name), buffer.value.view());
  }
}

absl::Status RestoreSupernet(const std::string& prefix,
                             const SafetensorsFile& file, Supernet& supernet) {
  for (Parameter& parameter : supernet.store().parameters()) {
    RTFQ_RETURN_IF_ERROR(file.CopyF32(absl::StrCat(prefix, "/", parameter.name),
                                      parameter.value.view()));
  }
  for (Buffer& buffer : supernet.store().buffers()) {
    RTFQ_RETURN_IF_ERROR(file.CopyF32(absl::StrCat(prefix, "/", buffer.name),
                                      buffer.value.view()));
  }
  return absl::OkStatus();
}

void AddOptimizer(const Optimizer& optimizer, SafetensorsWriter& writer) {
  for (const auto& [name, velocity] : optimizer.velocities()) {
    writer.AddF32(absl::StrCat("velocity/", name), velocity.view());
  }
}

absl::Status RestoreOptimizer(const SafetensorsFile& file,
                              Optimizer& optimizer) {
  for (const auto& [name, velocity] : optimizer.velocities()) {
    RTFQ_RETURN_IF_ERROR(
        file.CopyF32(absl::StrCat("velocity/", name), velocity.view()));
  }
  return absl::OkStatus();
}

}  // namespace rtfq
