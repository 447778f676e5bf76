// Shows what a file or folder is understood to be; see kUsage.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/core/cpu_features.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/inspect_bundle.h"
#include "rtfq/tools/inspect_dataset.h"
#include "rtfq/tools/inspect_file.h"
#include "rtfq/tools/paths.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Shows what was understood of images and files, before anything runs.

  bazel run //:inspect -- dataset ~/data/office31
  bazel run //:inspect -- checkpoint \
    runs/a2w/checkpoints/step-0000000050.safetensors
  bazel run //:inspect -- weights r50.safetensors   # or resnet50.pth
  bazel run //:inspect -- bundle a2w.rtfq
)";

absl::StatusOr<std::string> Describe(const std::string& kind,
                                     const std::string& path, bool check) {
  if (kind == "checkpoint") return DescribeCheckpoint(path);
  if (kind == "weights") return DescribeWeights(path);
  if (kind == "bundle") return DescribeBundle(path);
  if (kind != "dataset") {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot inspect a '", kind,
                     "'; dataset, checkpoint, weights or bundle"));
  }
  RTFQ_ASSIGN_OR_RETURN(const int threads, ResolveThreadCount(0));
  const ThreadPool pool(threads);
  return DescribeDataset(path, check, pool);
}

absl::Status Main(int argc, char** argv) {
  bool check_images = true;
  Flags flags(kUsage);
  flags.Add("check_images", &check_images, "dataset: decode every image");
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                        flags.Parse(argc, argv, /*most_positional=*/2));
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  if (words.size() < 2) {
    return absl::InvalidArgumentError(
        "what is to be inspected? dataset FOLDER, checkpoint FILE, weights "
        "FILE or bundle FILE");
  }
  RTFQ_ASSIGN_OR_RETURN(const std::string text,
                        Describe(words[0], UserPath(words[1]), check_images));
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::ExitCode(rtfq::Main(argc, argv));
}
