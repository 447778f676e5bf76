// Weights in whichever format they came.
#ifndef RTFQ_TOOLS_WEIGHT_FILE_H_
#define RTFQ_TOOLS_WEIGHT_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/safetensors.h"

namespace rtfq {

// The named tensors of a safetensors file or a PyTorch checkpoint, told apart
// by their first bytes, not by their names. Errors of ReadFile,
// SafetensorsFile::Parse and ParseTorchCheckpoint.
absl::StatusOr<SafetensorsFile> ReadWeightFile(const std::string& path);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_WEIGHT_FILE_H_
