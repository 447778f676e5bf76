// Writes models, images and what Int8Graph makes of them, for
// onnx_runtime_check.js:
//
//   onnx_runtime_cases FOLDER
//   onnx_runtime_cases FOLDER BUNDLE r224-w100-q8,r160-w73-q6 IMAGES
//
// The first takes small supernets and random images, the second a bundle and a
// folder of images. FOLDER, which must exist, gets cases.json and the files
// that it names; arrays are little-endian f32.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/dataset.h"
#include "rtfq/data/sequential_loader.h"
#include "rtfq/deploy/int8_graph.h"
#include "rtfq/deploy/onnx_export.h"
#include "rtfq/ops/images_at.h"
#include "tests/deploy/small_supernet.h"

namespace rtfq::test {
namespace {

using SharedBundle = std::shared_ptr<const Bundle>;

std::string_view BytesOf(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()),
          static_cast<size_t>(tensor.count()) * sizeof(float)};
}

void AppendNchw(const Tensor& images, std::string& bytes) {
  const Shape& s = images.shape();
  const int64_t pixels = s[1] * s[2];
  Tensor nchw = Tensor::Uninitialized({s[0], s[3], s[1], s[2]});
  for (int64_t i = 0; i < images.count(); ++i) {
    const int64_t n = i / (pixels * s[3]), p = i / s[3] % pixels;
    nchw.data()[(n * s[3] + i % s[3]) * pixels + p] = images.data()[i];
  }
  bytes.append(BytesOf(nchw));
}

class Cases {
 public:
  explicit Cases(std::string folder) : folder_(std::move(folder)) {}

  // `batches`: NHWC at the subnet's resolution or larger.
  absl::Status Add(const Engine& engine, const SharedBundle& bundle,
                   const std::string& subnet, const std::string& name,
                   const std::vector<Tensor>& batches) {
    std::string images, logits;
    int64_t count = 0;
    int resolution = 0;
    for (const Tensor& batch : batches) {
      RTFQ_ASSIGN_OR_RETURN(
          const auto graph,
          Int8Graph::Create(engine, bundle, subnet, batch.shape()[0]));
      resolution = graph->subnet().resolution();
      ops::ImagesAt at(engine.threads(), batch);
      const Tensor& x = at.Resolution(resolution);
      AppendNchw(x, images);
      logits.append(BytesOf(graph->Forward(x)));
      count += batch.shape()[0];
    }
    RTFQ_RETURN_IF_ERROR(Write(name + ".images", images));
    RTFQ_RETURN_IF_ERROR(Write(name + ".logits", logits));
    for (const OnnxStyle style : {OnnxStyle::kQdq, OnnxStyle::kFloat}) {
      RTFQ_ASSIGN_OR_RETURN(const OnnxModel model,
                            ToOnnx(*bundle, subnet, style));
      const bool is_float = style == OnnxStyle::kFloat;
      const std::string file = name + (is_float ? ".f32.onnx" : ".qdq.onnx");
      RTFQ_RETURN_IF_ERROR(Write(file, model.bytes));
      cases_.push_back({{"model", file},
                        {"images", name + ".images"},
                        {"logits", name + ".logits"},
                        {"shape", {count, 3, resolution, resolution}},
                        {"classes", bundle->header().class_names_size()},
                        {"exact", model.exact_sums && !is_float}});
    }
    return absl::OkStatus();
  }

  absl::Status Finish() const { return Write("cases.json", cases_.dump(1)); }

 private:
  absl::Status Write(const std::string& name, const std::string& bytes) const {
    return WriteFileAtomically(absl::StrCat(folder_, "/", name), bytes);
  }

  std::string folder_;
  nlohmann::ordered_json cases_ = nlohmann::ordered_json::array();
};

absl::Status AddSmall(const std::string& name,
                      const SmallSupernetOptions& options, Cases& cases) {
  SmallSupernet small(options);
  const std::string bytes = small.Frozen().Serialize();
  RTFQ_ASSIGN_OR_RETURN(std::unique_ptr<Bundle> opened,
                        Bundle::FromBytes(bytes, name));
  const SharedBundle bundle = std::move(opened);
  for (const BundleSubnet& subnet : bundle->header().subnets()) {
    RTFQ_RETURN_IF_ERROR(cases.Add(small.engine(), bundle, subnet.name(),
                                   absl::StrCat(name, "-", subnet.name()),
                                   {small.Images(8, subnet.resolution(), 1)}));
  }
  return absl::OkStatus();
}

absl::Status AddReal(const std::string& path, const std::string& subnets,
                     const std::string& images, Cases& cases) {
  RTFQ_ASSIGN_OR_RETURN(std::unique_ptr<Bundle> opened, Bundle::Open(path));
  const SharedBundle bundle = std::move(opened);
  RTFQ_ASSIGN_OR_RETURN(const auto engine, Engine::Create(0));
  const BundlePreprocessing& p = bundle->header().preprocessing();
  TransformOptions transform;
  transform.resize = p.resize();
  transform.crop = p.crop();
  for (int i = 0; i < 3; ++i) {
    transform.mean[i] = p.mean(i);
    transform.std[i] = p.std(i);
  }
  const auto folder = std::filesystem::path(images + "/").parent_path();
  RTFQ_ASSIGN_OR_RETURN(const DomainDataset dataset,
                        OpenDomain(folder.parent_path(), folder.filename()));
  RTFQ_ASSIGN_OR_RETURN(
      const auto loader,
      SequentialLoader::Create(dataset, transform, 16, engine->threads()));
  std::vector<Tensor> batches;
  for (int64_t i = 0; i < loader->num_batches(); ++i) {
    RTFQ_ASSIGN_OR_RETURN(const ImageBatch batch, loader->BatchAt(i));
    batches.push_back(batch.images);
  }
  const std::vector<std::string> names = absl::StrSplit(subnets, ',');
  for (const std::string& subnet : names) {
    RTFQ_RETURN_IF_ERROR(cases.Add(*engine, bundle, subnet, subnet, batches));
  }
  return absl::OkStatus();
}

absl::Status Main(const std::vector<std::string>& words) {
  if (words.size() != 1 && words.size() != 4) {
    return absl::InvalidArgumentError(
        "FOLDER, or FOLDER BUNDLE SUBNETS IMAGES");
  }
  Cases cases(words[0]);
  if (words.size() == 4) {
    RTFQ_RETURN_IF_ERROR(AddReal(words[1], words[2], words[3], cases));
  } else {
    RTFQ_RETURN_IF_ERROR(AddSmall("bottleneck", {}, cases));
    RTFQ_RETURN_IF_ERROR(AddSmall("basic", {.bottleneck = false}, cases));
    RTFQ_RETURN_IF_ERROR(
        AddSmall("max_pool",
                 {.family = NetworkConfig::RESNET18, .bits = {8, 4}}, cases));
  }
  return cases.Finish();
}

}  // namespace
}  // namespace rtfq::test

int main(int argc, char** argv) {
  const absl::Status status =
      rtfq::test::Main(std::vector<std::string>(argv + 1, argv + argc));
  if (!status.ok())
    std::fprintf(stderr, "error: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
