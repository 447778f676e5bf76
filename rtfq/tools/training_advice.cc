#include "rtfq/tools/training_advice.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rtfq/core/shortened.h"

namespace rtfq {
namespace {

constexpr double kPaperRate = 2e-4;
constexpr double kPaperImages = 128;

std::vector<std::string> ClassesWithoutImages(const DomainDataset& domain) {
  std::vector<bool> seen(domain.classes.size(), false);
  for (const ImageRecord& image : domain.images) {
    if (image.label >= 0) seen[static_cast<size_t>(image.label)] = true;
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) names.push_back(domain.classes[i]);
  }
  return names;
}

}  // namespace

std::vector<std::string> TrainingAdvice(const TrainConfig& config,
                                        const DomainDataset& source,
                                        int64_t target_images,
                                        bool from_pretrained) {
  std::vector<std::string> advice;
  const bool is_tiny = config.network().family() == NetworkConfig::TINY;
  if (!from_pretrained && !is_tiny) {
    advice.push_back(
        "warning: no --init: a ResNet begins from random weights, which takes "
        "far more images and steps");
  }
  const std::vector<std::string> empty = ClassesWithoutImages(source);
  if (!empty.empty()) {
    advice.push_back(absl::StrCat("warning: ", source.name,
                                  " has no image to learn from of ",
                                  Shortened(empty)));
  }
  const int64_t batch = config.data().images_per_domain();
  const int64_t fewest =
      std::min(static_cast<int64_t>(source.images.size()), target_images);
  if (fewest < batch) {
    advice.push_back(absl::StrCat("warning: a domain has ", fewest,
                                  " images and a batch ", batch,
                                  " of each: images repeat within a batch; "
                                  "--set=data.images_per_domain=",
                                  fewest));
  }
  const double rate = config.adaptation().optimizer().learning_rate();
  const double proportional =
      kPaperRate * static_cast<double>(batch) / kPaperImages;
  // A hundredth: the rate is an f32.
  if (!is_tiny && rate > 1.01 * proportional) {
    advice.push_back(absl::StrCat(
        "warning: adaptation.optimizer.learning_rate ", rate, " with ", batch,
        " images a domain may undo the warm-up: ", proportional,
        " would be in proportion to the paper's 2e-4 for 128, and "
        "recipes/office31_resnet50_small_batch.textproto has less"));
  }
  return advice;
}

}  // namespace rtfq
