// Weights that others trained, under torchvision's names.
#ifndef RTFQ_MODELS_PRETRAINED_H_
#define RTFQ_MODELS_PRETRAINED_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/core/tensor.h"

namespace rtfq {

// Where one tensor of the file goes: "layer1.0.conv1.weight" [O,I,K,K],
// "layer1.0.bn1.running_mean" [C], "fc.weight" [classes,features].
struct PretrainedTarget {
  std::string name;
  View<float> value;
};

struct PretrainedReport {
  // The classifier's tensors, left at their initial values because the file's
  // were trained for another number of classes. Empty if they were loaded.
  std::vector<std::string> replaced;
  int loaded = 0;  // tensors written
};

// Copies each tensor of `file` to the target of its name, rounded to f32. Every
// tensor is used exactly once and every target filled; two things only are
// left out: `num_batches_tracked`, of which we have no use, and
// `<classifier>.weight` and `.bias` when only their number of classes differs.
// Target names must differ (CHECKed).
//
// kInvalidArgument, naming all missing, unexpected and unfitting tensors (the
// first ten of each kind, and how many there are) if anything does not fit;
// then nothing is written. `file_name` is what messages call the file.
absl::StatusOr<PretrainedReport> LoadPretrained(
    const SafetensorsFile& file, const std::string& file_name,
    std::span<const PretrainedTarget> targets,
    const std::string& classifier = "fc");

}  // namespace rtfq

#endif  // RTFQ_MODELS_PRETRAINED_H_
