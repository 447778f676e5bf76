#include "rtfq/train/checkpoint_tensors.h"

#include <cmath>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

// Copies "<prefix>/<name>" and refuses values below `least`, which the network
// cannot run with.
absl::Status Restore(const SafetensorsFile& file, const std::string& prefix,
                     const std::string& name, float least, const Tensor& to) {
  const std::string key = absl::StrCat(prefix, "/", name);
  RTFQ_RETURN_IF_ERROR(file.CopyF32(key, to.view()));
  for (const float value : to.span()) {
    if (std::isfinite(value) && value >= least) continue;
    return absl::DataLossError(
        absl::StrCat(file.name(), ": ", key, " has a value of ", value,
                     "; want finite ones, steps above 0, variances from 0"));
  }
  return absl::OkStatus();
}

}  // namespace

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
  using Limits = std::numeric_limits<float>;
  for (const Parameter& parameter : supernet.store().parameters()) {
    const bool is_step = parameter.kind == ParameterKind::kStep;
    RTFQ_RETURN_IF_ERROR(Restore(file, prefix, parameter.name,
                                 is_step ? Limits::min() : Limits::lowest(),
                                 parameter.value));
  }
  for (const Buffer& buffer : supernet.store().buffers()) {
    const bool is_variance = absl::EndsWith(buffer.name, ".running_var");
    RTFQ_RETURN_IF_ERROR(Restore(file, prefix, buffer.name,
                                 is_variance ? 0 : Limits::lowest(),
                                 buffer.value));
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
    RTFQ_RETURN_IF_ERROR(Restore(file, "velocity", name,
                                 std::numeric_limits<float>::lowest(),
                                 velocity));
  }
  return absl::OkStatus();
}

}  // namespace rtfq
