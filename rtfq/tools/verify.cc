// Compares a bundle with the run it came from; see kUsage.
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/paths.h"
#include "rtfq/tools/progress.h"
#include "rtfq/tools/verify_bundle.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Compares, subnet by subnet, the logits of a deployed bundle with those of the
forward pass its run was judged by: they must be equal bit for bit. Beside it,
kept apart, the difference to the paper's fake quantization in floating point.
Fails when a single bit of the first comparison differs.

  bazel run //:verify -- a2w.rtfq --run=runs/a2w
  bazel run //:verify -- a2w.rtfq --run=runs/a2w --images=samples/ \
    --out=certificate.json
)";

absl::Status Main(int argc, char** argv) {
  VerifyOptions options;
  std::string subnets, out, progress_style = "auto";
  Flags flags(kUsage);
  flags.Add("run", &options.folder, "folder of the run");
  flags.Add("images", &options.images,
            "folder of images; the run's target if not given");
  flags.Add("most_images", &options.most_images,
            "at most so many, spread over the folder");
  flags.Add("batch_size", &options.batch_size, "images a batch");
  flags.Add("subnets", &subnets, "r224-w100-q8,r128-w60-q4; all if not given");
  flags.Add("oracle", &options.with_oracle, "also compare with f32 arithmetic");
  flags.Add("out", &out, "file for the certificate, json");
  flags.Add("threads", &options.threads, "0: as many as the run");
  flags.Add("progress", &progress_style, "auto, plain, json or none");
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                        flags.Parse(argc, argv, /*most_positional=*/1));
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  if (words.empty() || options.folder.empty()) {
    return absl::InvalidArgumentError(
        "which bundle, and which run? verify a2w.rtfq --run=runs/a2w");
  }
  options.bundle = UserPath(words[0]);
  options.folder = UserPath(options.folder);
  options.images = UserPath(options.images);
  options.subnets = absl::StrSplit(subnets, ',', absl::SkipEmpty());
  RTFQ_ASSIGN_OR_RETURN(
      const ProgressStyle style,
      ParseProgressStyle(progress_style, ::isatty(STDERR_FILENO) != 0));
  Progress progress(style, stderr, SteadyClock());
  RTFQ_ASSIGN_OR_RETURN(const Certificate certificate,
                        VerifyBundle(options, progress));
  progress.Finish();
  std::fputs(certificate.ToText().c_str(), stdout);
  if (!out.empty()) {
    RTFQ_RETURN_IF_ERROR(
        WriteFileAtomically(UserPath(out), certificate.ToJson()));
  }
  if (certificate.holds()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      options.bundle,
      ": deployed logits differ from those the run was judged by; do not "
      "deploy it: export it again, and if it still differs report it with "
      "--out=certificate.json"));
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv,
                       "a smaller --batch_size takes less");
}
