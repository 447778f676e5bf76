// Names the classes of images; see kUsage.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/serve/predictor.h"
#include "rtfq/tools/budget_flags.h"
#include "rtfq/tools/classify_images.h"
#include "rtfq/tools/flags.h"
#include "rtfq/tools/paths.h"

namespace rtfq {
namespace {

constexpr char kUsage[] =
    R"(Names the classes of images with a subnet of a bundle, decoding and resizing
exactly as training did. Without --subnet or a budget it takes the first subnet
of the bundle, the largest.

  bazel run //:classify -- a2w.rtfq photo.jpg folder/ --subnet=r160-w86-q6
  bazel run //:classify -- a2w.rtfq photo.jpg --profile=edge.textproto \
    --latency-p95=20ms --json
)";

absl::StatusOr<std::string> SubnetFor(const std::string& subnet,
                                      const BudgetFlags& budget,
                                      const Bundle& bundle) {
  if (!subnet.empty() && budget.given()) {
    return absl::InvalidArgumentError("either --subnet or a budget, not both");
  }
  if (!subnet.empty()) return subnet;
  if (!budget.given()) return bundle.header().subnets(0).name();
  RTFQ_ASSIGN_OR_RETURN(const Budgeted budgeted, ChooseWithin(budget, bundle));
  return budgeted.choice.winner.subnet;
}

absl::Status Classify(const std::vector<std::string>& words,
                      const std::string& subnet, const BudgetFlags& budget,
                      int64_t top, bool json) {
  RTFQ_ASSIGN_OR_RETURN(std::shared_ptr<const Bundle> bundle,
                        Bundle::Open(UserPath(words[0])));
  RTFQ_ASSIGN_OR_RETURN(const std::string chosen,
                        SubnetFor(subnet, budget, *bundle));
  std::vector<std::string> paths;
  for (size_t i = 1; i < words.size(); ++i) paths.push_back(UserPath(words[i]));
  RTFQ_ASSIGN_OR_RETURN(paths, FindImages(paths));
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                        Engine::Create(static_cast<int>(budget.threads)));
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<Predictor> predictor,
                        Predictor::Create(*engine, std::move(bundle)));
  int64_t failed = 0;
  for (const std::string& path : paths) {
    RTFQ_ASSIGN_OR_RETURN(const std::vector<ClassifiedImage> images,
                          ClassifyImages({path}, chosen, top, *predictor));
    failed += !images[0].error.empty();
    std::fputs((json ? ToJson(images[0], chosen) : ToText(images[0])).c_str(),
               stdout);
  }
  if (failed == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(failed, " of ", paths.size(), " images could not be read"));
}

absl::Status Main(int argc, char** argv) {
  std::string subnet;
  BudgetFlags budget;
  int64_t top = 5;
  bool json = false;
  Flags flags(kUsage);
  flags.Add("subnet", &subnet, "as in r160-w86-q6");
  flags.Add("top", &top, "classes an image");
  flags.Add("json", &json, "an object a line");
  budget.AddTo(flags);
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                        flags.Parse(argc, argv, /*most_positional=*/100000));
  if (flags.help_wanted()) {
    std::fputs(flags.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  if (words.size() < 2 || top < 1) {
    return absl::InvalidArgumentError(
        "which bundle, and which images? classify a2w.rtfq photo.jpg; --top is "
        "at least 1");
  }
  return Classify(words, subnet, budget, top, json);
}

}  // namespace
}  // namespace rtfq

int main(int argc, char** argv) {
  return rtfq::RunMain(rtfq::Main, argc, argv);
}
