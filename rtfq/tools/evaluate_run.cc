#include "rtfq/tools/evaluate_run.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/sequential_loader.h"
#include "rtfq/eval/batch_norm_calibration.h"
#include "rtfq/eval/evaluator.h"
#include "rtfq/eval/report.h"
#include "rtfq/eval/report_builder.h"
#include "rtfq/eval/report_html.h"
#include "rtfq/eval/report_json.h"
#include "rtfq/tools/calibration_file.h"
#include "rtfq/tools/environment.h"
#include "rtfq/tools/latency.h"
#include "rtfq/tools/run_data.h"
#include "rtfq/tools/run_directory.h"
#include "rtfq/tools/trained_run.h"
#include "rtfq/train/text_config.h"
#include "rtfq/train/train_config.h"

namespace rtfq {
namespace {

constexpr char kReport[] = "report.textproto";

// Calibrates on `training`, judges `test`.
absl::StatusOr<std::vector<Metrics>> Judge(const EvaluateOptions& options,
                                           Domain domain,
                                           const DomainDataset& training,
                                           const DomainDataset& test,
                                           TrainedRun& run,
                                           Progress& progress) {
  const TrainConfig& config = run.files().config;
  const TransformOptions transform = TransformOptionsOf(config);
  const ThreadPool& threads = run.engine().threads();
  const int batch = static_cast<int>(options.batch_size);
  RTFQ_ASSIGN_OR_RETURN(
      const auto calibration,
      SequentialLoader::Create(
          Shuffled(training, Rng(config.seed()).Stream("calibration")),
          transform, batch, threads));
  const int64_t batches =
      std::min(calibration->num_batches(), options.calibration_batches);
  const int64_t subnets = static_cast<int64_t>(run.subnets().size());
  RTFQ_RETURN_IF_ERROR(CalibrateBatchNorm(
      run.subnets(), domain, *calibration, options.calibration_batches,
      run.supernet(), [&](int64_t done) {
        progress.Update(absl::StrCat("calibrating on ", training.name), done,
                        batches, batch * subnets, "");
      }));
  RTFQ_ASSIGN_OR_RETURN(
      const auto images,
      SequentialLoader::Create(test, transform, batch, threads));
  return EvaluateSubnets(
      run.subnets(), domain, *images, run.supernet(), [&](int64_t done) {
        progress.Update(absl::StrCat("evaluating on ", test.name), done,
                        images->num_batches(), batch * subnets, "");
      });
}

std::string NetworkName(const TrainConfig& config) {
  switch (config.network().family()) {
    case NetworkConfig::RESNET18:
      return "ResNet-18";
    case NetworkConfig::RESNET34:
      return "ResNet-34";
    case NetworkConfig::RESNET50:
      return "ResNet-50";
    case NetworkConfig::RESNET101:
      return "ResNet-101";
    case NetworkConfig::TINY:
      return "tiny ResNet";
  }
  return "";
}

void FillFacts(const TrainedRun& run, const DomainDataset& test,
               const SourceSplit& split, EvaluationReport& report) {
  const RunFiles& files = run.files();
  RunFacts& facts = *report.mutable_facts();
  facts.set_network(NetworkName(files.config));
  facts.set_source_name(files.data.source().name());
  facts.set_target_name(test.name);
  facts.set_source_images(files.data.source().images());
  facts.set_target_images(static_cast<int64_t>(test.images.size()));
  facts.set_target_labelled(
      std::count_if(test.images.begin(), test.images.end(),
                    [](const ImageRecord& image) { return image.label >= 0; }));
  facts.set_held_out_source_images(
      static_cast<int64_t>(split.held_out.images.size()));
  facts.set_steps(run.network().step());
  facts.set_total_steps(run.network().total_steps());
  facts.set_images_per_domain(files.config.data().images_per_domain());
  facts.set_seed(static_cast<int64_t>(files.config.seed()));
  facts.set_manifest_sha256(ManifestOf(files.data));
  facts.set_cpu(run.engine().Description());
  facts.set_commit(files.environment.commit());
  facts.set_command(files.environment.command());
  *report.mutable_class_names() = files.data.class_names();
}

absl::Status FillBaseline(const std::string& baseline,
                          EvaluationReport& report) {
  if (baseline.empty()) return absl::OkStatus();
  RTFQ_ASSIGN_OR_RETURN(const EvaluationReport source_only,
                        ReadReport(baseline));
  for (SubnetRow& row : *report.mutable_subnets()) {
    const SubnetRow* other = FindSubnet(source_only, row.subnet());
    if (other != nullptr && other->has_target_accuracy()) {
      row.set_source_only_target_accuracy(other->target_accuracy());
    }
  }
  return absl::OkStatus();
}

// What the source selection is scored on: images held out if there are any, at
// most as many as asked for.
DomainDataset SourceImages(const EvaluateOptions& options,
                           const TrainConfig& config,
                           const SourceSplit& split) {
  DomainDataset images =
      Shuffled(split.held_out.images.empty() ? split.training : split.held_out,
               Rng(config.seed()).Stream("source_score"));
  const auto most = static_cast<size_t>(options.source_images);
  if (images.images.size() > most) images.images.resize(most);
  return images;
}

absl::Status FillRows(const EvaluateOptions& options,
                      const std::vector<Metrics>& target,
                      const std::vector<Metrics>& source, Domain domain,
                      TrainedRun& run, EvaluationReport& report) {
  const Clock clock = SteadyClock();
  for (size_t i = 0; i < run.subnets().size(); ++i) {
    const SubnetConfig& subnet = run.subnets()[i];
    SubnetRow& row = *AddSubnet(run.supernet().spec(), subnet, report);
    SetTarget(target[i], row);
    if (!source.empty()) SetSource(source[i], row);
    if (!options.measure_latency) continue;
    RTFQ_ASSIGN_OR_RETURN(
        const double milliseconds,
        MeasureLatency(subnet, domain, clock, run.supernet()));
    row.set_latency_ms(milliseconds);
  }
  RTFQ_RETURN_IF_ERROR(FillBaseline(options.baseline, report));
  FillSelections(report);
  KeepSelections(options, report);
  for (const std::string& chosen : ChosenSubnets(report)) {
    for (size_t i = 0; i < run.subnets().size(); ++i) {
      if (run.subnets()[i].ToString() == chosen)
        AddConfusionMatrix(chosen, target[i], report);
    }
  }
  return absl::OkStatus();
}

void TellWhatIsPartial(TrainedRun& run, Progress& progress) {
  if (run.network().step() < run.network().total_steps()) {
    progress.Say(absl::StrCat("the run stands at step ", run.network().step(),
                              " of ", run.network().total_steps()));
  }
  const auto whole = static_cast<size_t>(run.supernet().space().size());
  if (run.subnets().size() < whole) {
    progress.Say(absl::StrCat(
        "budgets and their means will be of the subnets asked for, ",
        run.subnets().size(), " of ", whole));
  }
}

// Full batches of the domain there are, at most as many as asked for.
int64_t CalibrationBatches(const EvaluateOptions& options,
                           const DomainDataset& domain) {
  const auto images = static_cast<int64_t>(domain.images.size());
  return std::min(options.calibration_batches,
                  std::max<int64_t>(1, images / options.batch_size));
}

absl::Status WriteReport(const RunDirectory& run,
                         const EvaluationReport& report) {
  const std::pair<const char*, std::string> files[] = {
      {"report.csv", ToCsv(report)},
      {"budgets.csv", BudgetsToCsv(report)},
      {"report.json", ToJson(report)},
      {"report.html", ToHtml(report)},
      // Last: with it, the run counts as evaluated.
      {kReport, ToTextProto(report)}};
  for (const auto& [name, text] : files) {
    RTFQ_RETURN_IF_ERROR(WriteFileAtomically(run.Path(name), text));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EvaluationReport> EvaluateRun(const EvaluateOptions& options,
                                             Progress& progress) {
  RTFQ_RETURN_IF_ERROR(CheckEvaluateOptions(options));
  RTFQ_ASSIGN_OR_RETURN(
      const std::unique_ptr<TrainedRun> run,
      TrainedRun::Load(options.folder, options.data_root,
                       static_cast<int>(options.threads), options.subnets));
  TellWhatIsPartial(*run, progress);
  RTFQ_ASSIGN_OR_RETURN(const DomainDataset test, run->OpenTest(options.test));
  const TrainConfig& config = run->files().config;
  const Domain domain = run->network().domain();
  const SourceSplit split =
      HoldOut(run->domains().source, config.data().held_out_source_percent(),
              Rng(config.seed()).Stream("held_out"));
  const DomainDataset& calibrating =
      domain == Domain::kTarget ? run->domains().target : split.training;
  RTFQ_ASSIGN_OR_RETURN(
      const std::vector<Metrics> target,
      Judge(options, domain, calibrating, test, *run, progress));
  std::vector<Metrics> source;
  if (Wants(options, "source")) {
    RTFQ_ASSIGN_OR_RETURN(
        source, Judge(options, Domain::kSource, split.training,
                      SourceImages(options, config, split), *run, progress));
  }
  EvaluationReport report;
  FillFacts(*run, test, split, report);
  RTFQ_RETURN_IF_ERROR(FillRows(options, target, source, domain, *run, report));
  const absl::StatusOr<std::string> metrics =
      ReadFile(run->network().directory().metrics());
  if (metrics.ok()) AddLossCurves(*metrics, report);
  // Side by side: an evaluation that ends early changes neither.
  RTFQ_RETURN_IF_ERROR(
      WriteCalibration(CalibrationPath(run->network().directory()),
                       {.step = run->network().step(),
                        .domain = domain,
                        .batches = CalibrationBatches(options, calibrating),
                        .batch_size = options.batch_size},
                       run->subnets(), run->supernet()));
  RTFQ_RETURN_IF_ERROR(WriteReport(run->network().directory(), report));
  return report;
}

absl::StatusOr<EvaluationReport> ReadReport(const std::string& folder) {
  EvaluationReport report;
  RTFQ_ASSIGN_OR_RETURN(const RunDirectory run,
                        RunDirectory::OpenForReading(folder));
  absl::StatusOr<std::string> text = ReadFile(run.Path(kReport), 1 << 28);
  if (absl::IsNotFound(text.status())) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder, ": has no ", kReport,
        "; evaluate it first: bazel run //:evaluate -- --run=", folder));
  }
  RTFQ_RETURN_IF_ERROR(text.status());
  RTFQ_RETURN_IF_ERROR(ParseTextProto(*text, run.Path(kReport), report));
  return report;
}

}  // namespace rtfq
