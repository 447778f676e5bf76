#include "rtfq/tools/weight_import.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <list>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/engine.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/models/supernet.h"
#include "rtfq/models/supernet_init.h"
#include "rtfq/tools/network_depth.h"
#include "rtfq/tools/weight_file.h"

namespace rtfq {
namespace {

// As LoadPretrained() will, when a run begins with the file.
absl::Status CheckAgainstNetwork(const SafetensorsFile& file,
                                 const std::string& path,
                                 NetworkConfig::Family family,
                                 int64_t classes) {
  NetworkConfig network;
  network.set_family(family);
  RTFQ_ASSIGN_OR_RETURN(const ResNetSpec spec,
                        MakeResNetSpec(network, classes));
  SearchSpaceConfig one;
  one.add_resolutions(224);
  one.add_width_percents(100);
  one.add_bit_widths(32);
  RTFQ_ASSIGN_OR_RETURN(const SearchSpace space, SearchSpace::Create(one));
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, Engine::Create());
  ConvPlans plans(*engine);
  Supernet supernet(spec, space, BatchNormConfig(), plans,
                    /*with_gradients=*/false);
  return InitializeFromPretrained(file, path, supernet).status();
}

absl::Status CheckFinite(const std::string& path, const std::string& name,
                         const Tensor& tensor) {
  const auto values = tensor.span();
  const bool finite = std::all_of(values.begin(), values.end(),
                                  [](float v) { return std::isfinite(v); });
  if (finite) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", name, " holds values that are not finite"));
}

}  // namespace

absl::StatusOr<std::string> ImportWeights(const std::string& in, int64_t depth,
                                          const std::string& out) {
  RTFQ_ASSIGN_OR_RETURN(const NetworkConfig::Family family,
                        FamilyOfDepth(depth));
  std::error_code ignored;
  if (std::filesystem::exists(out, ignored)) {
    return absl::AlreadyExistsError(
        absl::StrCat(out, " exists already; choose another name"));
  }
  RTFQ_ASSIGN_OR_RETURN(const SafetensorsFile file, ReadWeightFile(in));
  const SafetensorsEntry* classifier = file.Find("fc.bias");
  if (classifier == nullptr || classifier->shape.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        in,
        ": has no fc.bias; torchvision's names are wanted (conv1.weight, "
        "layer1.0.conv1.weight, ..., fc.weight, fc.bias)"));
  }
  // A network of so many classes is made below: they must be in the file.
  const SafetensorsEntry* weight = file.Find("fc.weight");
  if (weight == nullptr || weight->shape.size() != 2 ||
      weight->shape[0] != classifier->shape[0]) {
    return absl::InvalidArgumentError(
        absl::StrCat(in, ": has no fc.weight with the ", classifier->shape[0],
                     " rows of its fc.bias"));
  }
  RTFQ_RETURN_IF_ERROR(
      CheckAgainstNetwork(file, in, family, classifier->shape[0]));
  SafetensorsWriter writer;
  std::list<Tensor> tensors;  // the writer keeps views
  for (const auto& [name, entry] : file.entries()) {
    if (absl::EndsWith(name, ".num_batches_tracked")) continue;
    RTFQ_ASSIGN_OR_RETURN(Tensor tensor, file.ReadF32(name));
    RTFQ_RETURN_IF_ERROR(CheckFinite(in, name, tensor));
    tensors.push_back(std::move(tensor));
    writer.AddF32(name, tensors.back().view());
  }
  writer.SetMetadata("network", absl::StrCat("resnet", depth));
  RTFQ_RETURN_IF_ERROR(writer.WriteAtomically(out));
  return absl::StrCat(out, ": ResNet-", depth, ", ", tensors.size(),
                      " tensors, ", classifier->shape[0],
                      " classes; every tensor has its place");
}

}  // namespace rtfq
