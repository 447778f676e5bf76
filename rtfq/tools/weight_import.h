// Public weights, checked before anyone trains from them.
#ifndef RTFQ_TOOLS_WEIGHT_IMPORT_H_
#define RTFQ_TOOLS_WEIGHT_IMPORT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace rtfq {

// Reads a safetensors file or a PyTorch checkpoint (.pth) with torchvision's
// names, checks every tensor against a ResNet of this depth (18, 34, 50 or 101)
// with as many classes as the file has, and writes the tensors as f32 with a
// checksum to `out`. Returns what was done, for people.
//
// kInvalidArgument naming the tensors that are missing, too many or of another
// shape, for files that ReadWeightFile refuses, and for values that are not
// finite; kAlreadyExists when there is an `out`; errors of reading and writing.
absl::StatusOr<std::string> ImportWeights(const std::string& in, int64_t depth,
                                          const std::string& out);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_WEIGHT_IMPORT_H_
