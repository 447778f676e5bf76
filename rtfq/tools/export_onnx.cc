#include "rtfq/tools/export_onnx.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/tools/export_run.h"

namespace rtfq {
namespace {

std::string Describe(const OnnxExportOptions& options, const OnnxModel& model) {
  return absl::StrFormat(
      "%s: %s as ONNX, opset 13, %s, %.2f MB\n  %s\n", options.out,
      options.subnet,
      options.style == OnnxStyle::kQdq ? "QuantizeLinear and DequantizeLinear"
                                       : "f32 operators alone",
      static_cast<double>(model.bytes.size()) / 1e6,
      model.exact_sums
          ? "every sum fits into f32 exactly, in any order"
          : "sums may be larger than f32 holds exactly: codes may differ");
}

}  // namespace

absl::StatusOr<std::string> ExportOnnx(const OnnxExportOptions& options) {
  if (options.folder.empty() == options.bundle.empty()) {
    return absl::InvalidArgumentError(
        "which one: a run (--run=runs/a2w) or a bundle (--bundle=a2w.rtfq)?");
  }
  if (options.subnet.empty()) {
    return absl::InvalidArgumentError(
        "which subnet? An ONNX model holds one: --subnet=r160-w73-q6");
  }
  RTFQ_RETURN_IF_ERROR(CheckIsNew(options.out));
  std::string bytes;  // of a bundle in memory
  std::unique_ptr<Bundle> bundle;
  if (options.bundle.empty()) {
    RTFQ_ASSIGN_OR_RETURN(const FrozenRun run,
                          FreezeRun(options.folder, {options.subnet}, {}));
    bytes = run.writer.Serialize();
    RTFQ_ASSIGN_OR_RETURN(bundle, Bundle::FromBytes(bytes, options.folder));
  } else {
    RTFQ_ASSIGN_OR_RETURN(bundle, Bundle::Open(options.bundle));
  }
  RTFQ_ASSIGN_OR_RETURN(const OnnxModel model,
                        ToOnnx(*bundle, options.subnet, options.style));
  RTFQ_RETURN_IF_ERROR(WriteFileAtomically(options.out, model.bytes));
  return Describe(options, model);
}

}  // namespace rtfq
