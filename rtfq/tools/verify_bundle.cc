#include "rtfq/tools/verify_bundle.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/check.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/dataset.h"
#include "rtfq/data/sequential_loader.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/deploy/int8_graph.h"
#include "rtfq/ops/images_at.h"
#include "rtfq/tools/calibration_file.h"
#include "rtfq/tools/export_run.h"
#include "rtfq/tools/trained_network.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

// Every image below a folder, labels unknown.
absl::StatusOr<DomainDataset> OpenImages(const VerifyOptions& options,
                                         const RunFiles& files) {
  if (options.images.empty()) {
    const RunData::Domain& target = files.data.target();
    return OpenDomain(
        target.root(), target.name(),
        {files.data.class_names().begin(), files.data.class_names().end()});
  }
  const std::filesystem::path folder =
      std::filesystem::path(options.images + "/").parent_path();
  return OpenDomain(folder.parent_path(), folder.filename());
}

// Most images, spread over the whole set: sorted by class, the first would be
// of one class.
DomainDataset Some(DomainDataset dataset, int64_t most) {
  const auto count = static_cast<int64_t>(dataset.images.size());
  if (count <= most) return dataset;
  std::vector<ImageRecord> some;
  for (int64_t i = 0; i < most; ++i) {
    some.push_back(dataset.images[static_cast<size_t>(i * count / most)]);
  }
  dataset.images = std::move(some);
  return dataset;
}

// Keeps the codes of one pass, and counts those of another that differ.
class Codes : public CodeWatcher {
 public:
  // Of a pass after that `first` watched; nullptr to keep them.
  Codes(const Codes* first, CodeComparison* result)
      : first_(first), result_(result) {}

  void Reads(const std::string& layer,
             const TensorOf<uint8_t>& codes) override {
    if (first_ == nullptr) {
      kept_.push_back({layer, codes});
      return;
    }
    const auto& [name, other] = first_->kept_.at(count_++);
    RTFQ_CHECK(name == layer && other.shape() == codes.shape());
    // Bytes will do for the images' signed codes, too: both passes quantize the
    // same images alike.
    for (int64_t i = 0; i < codes.count(); ++i) {
      const int difference = std::abs(static_cast<int>(codes.data()[i]) -
                                      static_cast<int>(other.data()[i]));
      result_->differing += difference != 0;
      result_->largest_difference =
          std::max<int64_t>(result_->largest_difference, difference);
    }
    result_->codes += codes.count();
  }

 private:
  const Codes* const first_;
  CodeComparison* const result_;
  size_t count_ = 0;
  std::vector<std::pair<std::string, TensorOf<uint8_t>>> kept_;
};

// The run that is verified against, with the statistics it was judged with.
class Reference {
 public:
  static absl::StatusOr<Reference> Load(const VerifyOptions& options,
                                        const Bundle& bundle) {
    std::vector<std::string> names = options.subnets;
    if (names.empty()) {
      for (const auto& subnet : bundle.header().subnets()) {
        names.push_back(subnet.name());
      }
    }
    Reference reference;
    RTFQ_ASSIGN_OR_RETURN(
        reference.network_,
        TrainedNetwork::Load(options.folder, static_cast<int>(options.threads),
                             names));
    TrainedNetwork& network = *reference.network_;
    RTFQ_RETURN_IF_ERROR(CheckIsOf(bundle, network));
    RTFQ_ASSIGN_OR_RETURN(
        const Calibration measured,
        RestoreCalibration(CalibrationPath(network.directory()), network.step(),
                           network.subnets(), network.supernet()));
    RTFQ_RETURN_IF_ERROR(CheckCalibration(bundle, measured));
    reference.domain_ = measured.domain;
    return reference;
  }

  TrainedNetwork& network() { return *network_; }

  absl::StatusOr<Tensor> Logits(const SubnetConfig& subnet,
                                const Tensor& images, Precision precision,
                                CodeWatcher* watcher) {
    Supernet& net = network_->supernet();
    RTFQ_RETURN_IF_ERROR(net.Prepare(subnet, images.shape()[0], precision));
    Supernet::Saved saved;
    return net.Forward(images,
                       {.subnet = subnet,
                        .domain = domain_,
                        .mode = Mode::kInference,
                        .precision = precision,
                        .watcher = watcher},
                       saved);
  }

 private:
  std::unique_ptr<TrainedNetwork> network_;
  Domain domain_ = Domain::kTarget;
};

absl::Status VerifySubnet(const SubnetConfig& subnet,
                          const std::shared_ptr<const Bundle>& bundle,
                          const SequentialLoader& loader, bool with_oracle,
                          Reference& reference, VerifiedSubnet& result) {
  const Engine& engine = reference.network().engine();
  result.name = subnet.ToString();
  Sha256 hash;
  std::unique_ptr<Int8Graph> graph;
  for (int64_t i = 0; i < loader.num_batches(); ++i) {
    RTFQ_ASSIGN_OR_RETURN(const ImageBatch batch, loader.BatchAt(i));
    const int64_t count = batch.images.shape()[0];
    if (graph == nullptr || graph->batch() != count) {
      RTFQ_ASSIGN_OR_RETURN(
          graph, Int8Graph::Create(engine, bundle, result.name, count));
    }
    ops::ImagesAt images(engine.threads(), batch.images);
    const Tensor& x = images.Resolution(subnet.resolution);
    // From the crop: the graph's own resizing is verified, too.
    const Tensor deployed = graph->Forward(batch.images);
    hash.Update({reinterpret_cast<const char*>(deployed.data()),
                 deployed.span().size_bytes()});
    Codes codes(nullptr, nullptr);
    RTFQ_ASSIGN_OR_RETURN(const Tensor evaluated,
                          reference.Logits(subnet, x, Precision::kInteger,
                                           with_oracle ? &codes : nullptr));
    result.evaluation.Add(evaluated, deployed);
    if (!with_oracle) continue;
    Codes others(&codes, &result.oracle_codes);
    RTFQ_ASSIGN_OR_RETURN(
        const Tensor oracle,
        reference.Logits(subnet, x, Precision::kFloat, &others));
    result.oracle.Add(oracle, deployed);
  }
  result.logits_sha256 = hash.HexDigest();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Certificate> VerifyBundle(const VerifyOptions& options,
                                         Progress& progress) {
  if (options.most_images < 1 || options.batch_size < 1) {
    return absl::InvalidArgumentError(
        "--most_images and --batch_size must be at least 1");
  }
  RTFQ_ASSIGN_OR_RETURN(std::unique_ptr<Bundle> opened,
                        Bundle::Open(options.bundle));
  const std::shared_ptr<const Bundle> bundle = std::move(opened);
  RTFQ_RETURN_IF_ERROR(bundle->VerifyAll());
  RTFQ_ASSIGN_OR_RETURN(Reference reference, Reference::Load(options, *bundle));
  TrainedNetwork& network = reference.network();
  RTFQ_ASSIGN_OR_RETURN(DomainDataset images,
                        OpenImages(options, network.files()));
  RTFQ_ASSIGN_OR_RETURN(
      const auto loader,
      SequentialLoader::Create(Some(std::move(images), options.most_images),
                               TransformOptionsOf(network.files().config),
                               static_cast<int>(options.batch_size),
                               network.engine().threads()));
  Certificate certificate = {
      .bundle = options.bundle,
      .run = options.folder,
      .images = static_cast<int64_t>(loader->dataset().images.size()),
      .engine = network.engine().Description(),
      .with_oracle = options.with_oracle,
      .subnets = {}};
  const auto count = static_cast<int64_t>(network.subnets().size());
  for (const SubnetConfig& subnet : network.subnets()) {
    VerifiedSubnet result;
    RTFQ_RETURN_IF_ERROR(VerifySubnet(subnet, bundle, *loader,
                                      options.with_oracle, reference, result));
    certificate.subnets.push_back(std::move(result));
    progress.Update("verifying",
                    static_cast<int64_t>(certificate.subnets.size()), count,
                    certificate.images, "");
  }
  return certificate;
}

}  // namespace rtfq
