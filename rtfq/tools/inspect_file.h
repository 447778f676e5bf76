// What a file of tensors holds, for people.
#ifndef RTFQ_TOOLS_INSPECT_FILE_H_
#define RTFQ_TOOLS_INSPECT_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace rtfq {

// A checkpoint: stage, step, what it was trained with, and for each part
// (student, teacher, velocity) its tensors, numbers and bytes. kDataLoss where
// the checksum does not hold, kInvalidArgument for another kind of file.
absl::StatusOr<std::string> DescribeCheckpoint(const std::string& path);

// Any safetensors file or PyTorch checkpoint: its metadata, and each tensor's
// type, shape and range. Values that are not finite are counted.
absl::StatusOr<std::string> DescribeWeights(const std::string& path);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_INSPECT_FILE_H_
