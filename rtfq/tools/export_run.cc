#include "rtfq/tools/export_run.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/transforms.h"
#include "rtfq/deploy/bundle_layout.h"
#include "rtfq/deploy/bundle_writer.h"
#include "rtfq/deploy/freeze.h"
#include "rtfq/eval/cost_model.h"
#include "rtfq/eval/report_builder.h"
#include "rtfq/tools/evaluate_run.h"
#include "rtfq/tools/run_data.h"
#include "rtfq/train/text_config.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

absl::StatusOr<std::vector<SubnetConfig>> Choose(
    const std::vector<SubnetConfig>& subnets,
    const std::vector<std::string>& bits, const SearchSpace& space) {
  std::set<BitWidth> wanted;
  for (const std::string& text : bits) {
    int value = 0;
    if (!absl::SimpleAtoi(text, &value) || !IsBitWidth(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--bits=", text, "; numbers are wanted, as in 8,4"));
    }
    wanted.insert(static_cast<BitWidth>(value));
  }
  std::vector<SubnetConfig> chosen;
  for (const SubnetConfig& subnet : subnets) {
    if (wanted.empty() || wanted.count(subnet.bits) > 0) {
      chosen.push_back(subnet);
    }
  }
  if (chosen.empty()) {
    std::string trained;
    for (const BitWidth b : space.bit_widths()) {
      absl::StrAppend(&trained, trained.empty() ? "" : ", ", BitsOf(b));
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "no subnet has such bits; the run was trained with ", trained));
  }
  return chosen;
}

BundlePreprocessing PreprocessingOf(const TransformOptions& transform) {
  BundlePreprocessing preprocessing;
  preprocessing.set_resize(transform.resize);
  preprocessing.set_crop(transform.crop);
  for (int i = 0; i < 3; ++i) {
    preprocessing.add_mean(transform.mean[i]);
    preprocessing.add_std(transform.std[i]);
  }
  return preprocessing;
}

std::string DescribeCalibration(const Calibration& measured) {
  return absl::StrCat("at most ", measured.batches, " batches of ",
                      measured.batch_size, " ", NameOf(measured.domain),
                      " images");
}

void FillProvenance(const TrainedNetwork& network, const Calibration& measured,
                    const EvaluationReport& report,
                    BundleProvenance& provenance) {
  const RunFiles& files = network.files();
  provenance.set_network(report.facts().network());
  provenance.set_source(files.data.source().name());
  provenance.set_target(files.data.target().name());
  provenance.set_step(network.step());
  std::string config;
  google::protobuf::TextFormat::PrintToString(files.config, &config);
  provenance.set_config(config);
  provenance.set_manifest_sha256(ManifestOf(files.data));
  provenance.set_train_commit(files.environment.commit());
  provenance.set_calibration(DescribeCalibration(measured));
}

void FillScores(const Supernet& supernet, const EvaluationReport& report,
                const SubnetConfig& config, BundleScores& scores) {
  scores.set_macs(Macs(supernet.spec(), config));
  scores.set_bit_ops(BitOps(supernet.spec(), config));
  scores.set_weight_bytes(WeightBytes(supernet.spec(), config));
  const SubnetRow* row = FindSubnet(report, config.ToString());
  if (row == nullptr) return;
  if (row->has_target_accuracy()) {
    scores.set_target_accuracy(row->target_accuracy());
  }
  if (row->has_source_accuracy()) {
    scores.set_source_accuracy(row->source_accuracy());
  }
  if (row->has_im_score()) scores.set_im_score(row->im_score());
}

int64_t WeightsOf(const Supernet& supernet) {
  int64_t numbers = 0;
  for (const SlimmableConv2d* conv : supernet.convolutions()) {
    numbers += conv->weight().value.count();
  }
  return numbers + supernet.classifier().weight().value.count();
}

double Megabytes(int64_t bytes) { return static_cast<double>(bytes) / 1e6; }

std::string Describe(const std::string& path, const BundleHeader& header,
                     int64_t weights, int64_t file_bytes) {
  std::string text = absl::StrFormat(
      "%s: %d subnets, %.2f MB\n  weights as f32    %8.2f MB\n", path,
      header.subnets_size(), Megabytes(file_bytes), Megabytes(weights * 4));
  int64_t affine = 0;
  for (const BundleSubnet& subnet : header.subnets()) {
    affine += header.sections(subnet.affine_section()).size();
  }
  absl::StrAppendFormat(
      &text, "  stem, classifier  %8.2f MB, 8 bits\n",
      Megabytes(header.sections(header.outer_section()).size()));
  for (const BundleWeights& weights : header.weights()) {
    absl::StrAppendFormat(&text, "  weights, %d bits   %8.2f MB\n",
                          weights.bits(),
                          Megabytes(header.sections(weights.section()).size()));
  }
  absl::StrAppendFormat(&text, "  scales, biases    %8.2f MB, all subnets\n",
                        Megabytes(affine));
  return text;
}

}  // namespace

absl::Status CheckIsNew(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(path, " exists already; choose another name"));
}

absl::StatusOr<FrozenRun> FreezeRun(const std::string& folder,
                                    const std::vector<std::string>& names,
                                    const std::vector<std::string>& bits) {
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<TrainedNetwork> network,
                        TrainedNetwork::Load(folder, /*threads=*/0, names));
  Supernet& supernet = network->supernet();
  RTFQ_ASSIGN_OR_RETURN(const std::vector<SubnetConfig> subnets,
                        Choose(network->subnets(), bits, supernet.space()));
  RTFQ_ASSIGN_OR_RETURN(
      const Calibration measured,
      RestoreCalibration(CalibrationPath(network->directory()), network->step(),
                         subnets, supernet));
  RTFQ_ASSIGN_OR_RETURN(const EvaluationReport report, ReadReport(folder));
  if (report.facts().steps() != network->step()) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder, ": was judged at step ", report.facts().steps(),
        " and stands at ", network->step(),
        "; evaluate it again: bazel run //:evaluate -- --run=", folder));
  }
  FrozenRun frozen;
  RTFQ_RETURN_IF_ERROR(
      Freeze(subnets, measured.domain, supernet, frozen.writer));
  BundleHeader& header = frozen.writer.header();
  *header.mutable_class_names() = network->files().data.class_names();
  *header.mutable_preprocessing() =
      PreprocessingOf(TransformOptionsOf(network->files().config));
  FillProvenance(*network, measured, report, *header.mutable_provenance());
  for (size_t i = 0; i < subnets.size(); ++i) {
    FillScores(supernet, report, subnets[i],
               *header.mutable_subnets(static_cast<int>(i))->mutable_scores());
  }
  frozen.weights = WeightsOf(supernet);
  return frozen;
}

absl::Status CheckIsOf(const Bundle& bundle, const TrainedNetwork& network) {
  const BundleHeader& header = bundle.header();
  const RunFiles& files = network.files();
  const auto other = [&](const std::string& what) {
    return absl::FailedPreconditionError(
        absl::StrCat(bundle.path(), ": is not of ",
                     network.directory().Path(""), ": ", what));
  };
  if (header.provenance().step() != network.step()) {
    return other(absl::StrCat("exported at step ", header.provenance().step(),
                              "; the run stands at ", network.step()));
  }
  if (header.provenance().manifest_sha256() != ManifestOf(files.data)) {
    return other("trained on other images");
  }
  TrainConfig config;
  RTFQ_RETURN_IF_ERROR(
      ParseTextProto(header.provenance().config(),
                     absl::StrCat(bundle.path(), ", its config"), config));
  if (!google::protobuf::util::MessageDifferencer::Equals(config,
                                                          files.config)) {
    return other("trained with another config");
  }
  const auto& names = files.data.class_names();
  if (!std::equal(names.begin(), names.end(), header.class_names().begin(),
                  header.class_names().end())) {
    return other("its class names are others");
  }
  if (header.preprocessing().SerializeAsString() !=
      PreprocessingOf(TransformOptionsOf(files.config)).SerializeAsString()) {
    return other("its images are prepared in another way");
  }
  return absl::OkStatus();
}

absl::Status CheckCalibration(const Bundle& bundle,
                              const Calibration& measured) {
  const std::string& had = bundle.header().provenance().calibration();
  const std::string has = DescribeCalibration(measured);
  if (had == has) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      bundle.path(), ": its batch norms were calibrated on ", had,
      "; the run was evaluated since with ", has, "; export it again"));
}

absl::StatusOr<std::string> ExportRun(const ExportOptions& options) {
  RTFQ_RETURN_IF_ERROR(CheckIsNew(options.out));
  RTFQ_ASSIGN_OR_RETURN(
      FrozenRun frozen,
      FreezeRun(options.folder, options.subnets, options.bits));
  RTFQ_RETURN_IF_ERROR(frozen.writer.WriteAtomically(options.out));
  std::error_code ignored;
  return Describe(
      options.out, frozen.writer.header(), frozen.weights,
      static_cast<int64_t>(std::filesystem::file_size(options.out, ignored)));
}

}  // namespace rtfq
