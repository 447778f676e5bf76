// Freezes a run into one file; see kUsage.
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "rtfq/core/status_macros.h"
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
)";

absl::Status Main(int argc, char** argv) {
  ExportOptions options;
  std::string subnets, bits;
  Flags flags(kUsage);
  flags.Add("run", &options.folder, "folder of the run");
  flags.Add("out", &options.out, "file to write; it must not exist");
  flags.Add("subnets", &subnets, "r224-w100-q8,r128-w60-q4; all if not given");
  flags.Add("bits", &bits, "8,6,4: subnets of these bits alone");
  RTFQ_RETURN_IF_ERROR(flags.Parse(argc, argv).status());
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  if (options.folder.empty() || options.out.empty()) {
    return absl::InvalidArgumentError(
        "which run, and where to? --run=runs/a2w --out=a2w.rtfq; --help shows "
        "all flags");
  }
  options.folder = UserPath(options.folder);
  options.out = UserPath(options.out);
  options.subnets = absl::StrSplit(subnets, ',', absl::SkipEmpty());
  options.bits = absl::StrSplit(bits, ',', absl::SkipEmpty());
  RTFQ_ASSIGN_OR_RETURN(const std::string done, ExportRun(options));
  std::fputs(done.c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::ExitCode(rtfq::Main(argc, argv));
}
