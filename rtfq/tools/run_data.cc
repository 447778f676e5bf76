#include "rtfq/tools/run_data.h"

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/bad_images.h"

namespace rtfq {
namespace {

// Leaves out or refuses what cannot be decoded.
absl::Status CheckDomain(bool skip, const ThreadPool& threads,
                         DomainDataset& domain, std::string& problems) {
  const BadImageReport report = CheckImages(domain, DecodeLimits(), threads);
  if (report.empty()) return absl::OkStatus();
  absl::StrAppend(&problems, domain.name, ": ", report.ToString());
  if (!skip) return absl::OkStatus();
  domain = RemoveBad(domain, report);
  if (!domain.images.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(domain.name, ": not one image can be decoded\n", problems));
}

absl::Status CheckOrFillHash(const DomainDataset& domain,
                             RunData::Domain& place) {
  const std::string hash = domain.ManifestHash();
  if (place.has_manifest_sha256() && place.manifest_sha256() != hash) {
    return absl::FailedPreconditionError(absl::StrCat(
        place.root(), ": ", place.name(), " has changed since the run began (",
        place.images(), " images then, ", domain.images.size(),
        " now): other files, sizes or labels. Give the old images by --data, "
        "or start another run"));
  }
  place.set_images(static_cast<int64_t>(domain.images.size()));
  place.set_manifest_sha256(hash);
  return absl::OkStatus();
}

absl::Status CheckSource(const DomainDataset& source) {
  if (!source.has_labels()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "source ", source.name,
        " has no labels; it needs a folder for each class, or a list with "
        "labels. --data is the folder in which the domains lie"));
  }
  if (source.classes.size() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("source ", source.name, " has ", source.classes.size(),
                     " class; at least 2 are needed"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RunDomains> OpenRunDomains(const RunData& request,
                                          const ThreadPool& threads) {
  RunDomains domains;
  domains.data = request;
  RunData& data = domains.data;
  RTFQ_ASSIGN_OR_RETURN(domains.source,
                        OpenDomain(data.source().root(), data.source().name()));
  RTFQ_RETURN_IF_ERROR(CheckSource(domains.source));
  RTFQ_ASSIGN_OR_RETURN(domains.target,
                        OpenDomain(data.target().root(), data.target().name(),
                                   domains.source.classes));
  const bool is_new = !data.source().has_manifest_sha256();
  const bool skip = data.skip_bad_images();
  if (is_new || skip) {
    for (DomainDataset* domain : {&domains.source, &domains.target}) {
      RTFQ_RETURN_IF_ERROR(
          CheckDomain(skip, threads, *domain, domains.left_out));
    }
    if (!skip && !domains.left_out.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          domains.left_out,
          "repair or remove them, or leave them out by --on_bad_image=skip"));
    }
  }
  RTFQ_RETURN_IF_ERROR(CheckOrFillHash(domains.source, *data.mutable_source()));
  RTFQ_RETURN_IF_ERROR(CheckOrFillHash(domains.target, *data.mutable_target()));
  data.mutable_class_names()->Assign(domains.source.classes.begin(),
                                     domains.source.classes.end());
  return domains;
}

std::string ManifestOf(const RunData& data) {
  return Sha256Hex(absl::StrCat(data.source().manifest_sha256(), " ",
                                data.target().manifest_sha256()));
}

SourceSplit HoldOut(const DomainDataset& source, int percent, const Rng& rng) {
  SourceSplit split = {source, source};
  split.training.images.clear();
  split.held_out.images.clear();
  std::vector<std::vector<size_t>> of_class(source.classes.size());
  for (size_t i = 0; i < source.images.size(); ++i) {
    of_class[static_cast<size_t>(source.images[i].label)].push_back(i);
  }
  std::vector<bool> held_out(source.images.size(), false);
  for (size_t label = 0; label < of_class.size(); ++label) {
    const auto count = static_cast<int64_t>(of_class[label].size());
    const std::vector<int64_t> order =
        Rng(rng).Stream(label).Permutation(count);
    for (int64_t i = 0; i < count * percent / 100; ++i) {
      held_out[of_class[label]
                       [static_cast<size_t>(order[static_cast<size_t>(i)])]] =
          true;
    }
  }
  for (size_t i = 0; i < source.images.size(); ++i) {
    (held_out[i] ? split.held_out : split.training)
        .images.push_back(source.images[i]);
  }
  return split;
}

}  // namespace rtfq
