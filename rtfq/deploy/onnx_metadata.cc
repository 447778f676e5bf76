#include "rtfq/deploy/onnx_metadata.h"

#include <vector>

#include "nlohmann/json.hpp"

namespace rtfq {
namespace {

using Json = nlohmann::ordered_json;

void Add(const std::string& key, const std::string& value,
         onnx::ModelProto& model) {
  onnx::StringStringEntryProto& entry = *model.add_metadata_props();
  entry.set_key("rtfq." + key);
  entry.set_value(value);
}

std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json Preprocessing(const BundlePreprocessing& p, int resolution) {
  return {
      {"resize", p.resize()},
      {"crop", p.crop()},
      {"mean", std::vector<float>(p.mean().begin(), p.mean().end())},
      {"std", std::vector<float>(p.std().begin(), p.std().end())},
      {"resolution", resolution},
      {"order",
       "RGB; resize to resize x resize as Pillow's bilinear filter does; crop "
       "the middle crop x crop; (v / 255 - mean) / std; bilinear with aligned "
       "corners to resolution x resolution; NCHW"},
  };
}

Json Provenance(const BundleProvenance& p) {
  return {
      {"network", p.network()},
      {"source", p.source()},
      {"target", p.target()},
      {"step", p.step()},
      {"config", p.config()},
      {"manifest_sha256", p.manifest_sha256()},
      {"train_commit", p.train_commit()},
      {"calibration", p.calibration()},
  };
}

}  // namespace

void FillOnnxMetadata(const BundleHeader& header, const BundleSubnet& subnet,
                      const std::string& style, bool exact_sums,
                      onnx::ModelProto& model) {
  Add("subnet", subnet.name(), model);
  Add("style", style, model);
  Add("exact_sums", exact_sums ? "true" : "false", model);
  const std::vector<std::string> names = {header.class_names().begin(),
                                          header.class_names().end()};
  Add("class_names", Text(names), model);
  Add("preprocessing",
      Text(Preprocessing(header.preprocessing(), subnet.resolution())), model);
  Add("provenance", Text(Provenance(header.provenance())), model);
}

}  // namespace rtfq
