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
#include "rtfq/tools/inspect_kind.h"
#include "rtfq/tools/paths.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Shows what was understood of images and files, before anything runs.

  bazel run //:inspect -- ~/data/office31
  bazel run //:inspect -- runs/a2w/checkpoints/step-0000000050.safetensors
  bazel run //:inspect -- r50.safetensors   # or resnet50.pth
  bazel run //:inspect -- a2w.rtfq

What it is can be said, too, where a file should be read as something else:
inspect weights PATH; dataset, checkpoint, weights or bundle.
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
  if (words.empty()) {
    return absl::InvalidArgumentError(
        "what is to be inspected? A folder of images, a checkpoint, weights "
        "(.safetensors, .pth) or a bundle (.rtfq)");
  }
  const std::string path = UserPath(words.back());
  std::string kind = words.front();
  if (words.size() == 1) {
    RTFQ_ASSIGN_OR_RETURN(kind, KindOf(path));
  }
  RTFQ_ASSIGN_OR_RETURN(const std::string text,
                        Describe(kind, path, check_images));
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv);
}
