// From a run, or a bundle that was made of one, to an ONNX model.
#ifndef RTFQ_TOOLS_EXPORT_ONNX_H_
#define RTFQ_TOOLS_EXPORT_ONNX_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/deploy/onnx_export.h"

namespace rtfq {

struct OnnxExportOptions {
  // One of the two.
  std::string folder;  // of the run, evaluated
  std::string bundle;  // .rtfq
  std::string out;
  std::string subnet;  // "r160-w73-q6"
  OnnxStyle style = OnnxStyle::kQdq;
};

// Writes the subnet to `out` (onnx_export.h); a run and its bundle give the
// same bytes. Returns what was written, for people.
//
// kInvalidArgument unless there is one source and a subnet; kAlreadyExists when
// there is an `out`; errors of FreezeRun(), of Bundle::Open() and ToOnnx(), and
// of writing.
absl::StatusOr<std::string> ExportOnnx(const OnnxExportOptions& options);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_EXPORT_ONNX_H_
