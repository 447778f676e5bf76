// Checks public weights and stores them with a checksum; see kUsage.
#include <cstdio>
#include <string>
#include <vector>

#include "rtfq/core/status_macros.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/paths.h"
#include "rtfq/tools/weight_import.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Checks weights of a ResNet under torchvision's names, tensor by tensor,
and writes them as f32 with a checksum: what train --init begins with. Reads
safetensors files and PyTorch's checkpoints (.pth of torch.save, a state dict or
a dict with one as "state_dict" or "model"), of which nothing is run.

  bazel run //:import_weights -- ~/resnet50.pth --out=r50.safetensors
  bazel run //:import_weights -- resnet18.safetensors --depth=18 \
    --out=r18.safetensors
)";

absl::Status Main(int argc, char** argv) {
  std::string out;
  int64_t depth = 50;
  Flags flags(kUsage);
  flags.Add("out", &out, "file to write; it must not exist");
  flags.Add("depth", &depth, "18, 34, 50 or 101");
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                        flags.Parse(argc, argv, /*most_positional=*/1));
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  if (words.empty() || out.empty()) {
    return absl::InvalidArgumentError(
        "which file, and where to? import_weights IN.pth "
        "--out=OUT.safetensors");
  }
  RTFQ_ASSIGN_OR_RETURN(
      const std::string done,
      ImportWeights(UserPath(words[0]), depth, UserPath(out)));
  std::printf("%s\n", done.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv);
}
