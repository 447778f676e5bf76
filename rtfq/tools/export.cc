// Freezes a run, or exports one subnet of it; see kUsage.
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/export_onnx.h"
#include "rtfq/tools/export_run.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/paths.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Writes the subnets of an evaluated run to one .rtfq file: packed codes,
scales and biases of each subnet, class names, preprocessing, scores, checksums.
What is in it computes the logits the run was judged by, bit for bit: verify.

  bazel run //:export -- --run=runs/a2w --out=a2w.rtfq
  bazel run //:export -- --run=runs/a2w --bits=4 --out=small.rtfq

Or one subnet, from a run or an .rtfq file, as an ONNX model (opset 13) for other
runtimes; docs/onnx.md says what of it is equal:

  bazel run //:export -- --format=onnx --subnet=r160-w73-q6 --run=runs/a2w \
    --out=a2w.onnx
  bazel run //:export -- --format=onnx_f32 --subnet=r160-w73-q6 \
    --bundle=a2w.rtfq --out=a2w_f32.onnx

onnx has 8-bit weights and QuantizeLinear, DequantizeLinear pairs. onnx_f32 has
f32 operators alone, but is no full-precision network: weights and activations
are rounded to the same codes, by Div, Clip and Round.
)";

struct Arguments {
  std::string run, bundle, out, subnet, subnets, bits;
  std::string format = "rtfq";
};

void AddFlags(Arguments& arguments, Flags& flags) {
  flags.Add("run", &arguments.run, "folder of the run");
  flags.Add("out", &arguments.out, "file to write; it must not exist");
  flags.Add("format", &arguments.format, "rtfq, onnx or onnx_f32");
  flags.Add("subnets", &arguments.subnets,
            "r224-w100-q8,r128-w60-q4; all if not given");
  flags.Add("bits", &arguments.bits, "8,6,4: subnets of these bits alone");
  flags.Add("subnet", &arguments.subnet, "onnx: the one, as in r160-w73-q6");
  flags.Add("bundle", &arguments.bundle, "onnx: .rtfq file instead of a run");
}

absl::StatusOr<std::string> ExportRtfq(const Arguments& arguments) {
  if (!arguments.subnet.empty() || !arguments.bundle.empty()) {
    return absl::InvalidArgumentError(
        "--subnet and --bundle are for --format=onnx and onnx_f32");
  }
  if (arguments.run.empty()) {
    return absl::InvalidArgumentError(
        "which run? --run=runs/a2w; --help shows all flags");
  }
  return ExportRun(
      {.folder = arguments.run,
       .out = arguments.out,
       .subnets = absl::StrSplit(arguments.subnets, ',', absl::SkipEmpty()),
       .bits = absl::StrSplit(arguments.bits, ',', absl::SkipEmpty())});
}

absl::StatusOr<std::string> Export(const Arguments& arguments) {
  if (arguments.out.empty()) {
    return absl::InvalidArgumentError(
        "where to? --out=a2w.rtfq; --help shows all flags");
  }
  if (arguments.format == "rtfq") return ExportRtfq(arguments);
  if (arguments.format != "onnx" && arguments.format != "onnx_f32") {
    return absl::InvalidArgumentError(
        absl::StrCat("--format=", arguments.format,
                     "; rtfq, onnx and onnx_f32 are possible"));
  }
  if (!arguments.subnets.empty() || !arguments.bits.empty()) {
    return absl::InvalidArgumentError(
        "--subnets and --bits are for --format=rtfq; an ONNX model holds one "
        "subnet: --subnet=r160-w73-q6");
  }
  return ExportOnnx({.folder = arguments.run,
                     .bundle = arguments.bundle,
                     .out = arguments.out,
                     .subnet = arguments.subnet,
                     .style = arguments.format == "onnx" ? OnnxStyle::kQdq
                                                         : OnnxStyle::kFloat});
}

absl::Status Main(int argc, char** argv) {
  Arguments arguments;
  Flags flags(kUsage);
  AddFlags(arguments, flags);
  RTFQ_RETURN_IF_ERROR(flags.Parse(argc, argv).status());
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  for (std::string* path :
       {&arguments.run, &arguments.bundle, &arguments.out}) {
    *path = UserPath(*path);
  }
  RTFQ_ASSIGN_OR_RETURN(const std::string done, Export(arguments));
  std::fputs(done.c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv);
}
