#include "rtfq/tools/inspect_dataset.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/bad_images.h"
#include "rtfq/data/dataset.h"

namespace rtfq {
namespace {

std::vector<int64_t> CountsPerClass(const DomainDataset& domain) {
  std::vector<int64_t> counts(domain.classes.size());
  for (const ImageRecord& image : domain.images) {
    if (image.label >= 0) ++counts[image.label];
  }
  return counts;
}

// "31 classes, 36 to 100 images each, 92 in the middle"
std::string DescribeCounts(std::vector<int64_t> counts) {
  std::sort(counts.begin(), counts.end());
  return absl::StrCat(counts.size(), " classes; the smallest has ",
                      counts.front(), " images, the middle one ",
                      counts[counts.size() / 2], ", the largest ",
                      counts.back());
}

std::string DescribeMissing(const DomainDataset& domain,
                            const std::set<std::string>& all_classes) {
  std::set<std::string> here;
  const std::vector<int64_t> counts = CountsPerClass(domain);
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) here.insert(domain.classes[i]);
  }
  std::vector<std::string> missing;
  std::set_difference(all_classes.begin(), all_classes.end(), here.begin(),
                      here.end(), std::back_inserter(missing));
  if (missing.empty()) return "";
  return absl::StrCat("  without images of: ", absl::StrJoin(missing, ", "),
                      "\n");
}

std::string DescribeDomain(const DomainDataset& domain,
                           const std::set<std::string>& all_classes) {
  std::string text = absl::StrCat(domain.name, ": ", domain.images.size(),
                                  " images, ", NameOf(domain.layout), "\n");
  if (domain.has_labels()) {
    absl::StrAppend(&text, "  ", DescribeCounts(CountsPerClass(domain)), "\n");
    absl::StrAppend(&text, DescribeMissing(domain, all_classes));
  } else {
    absl::StrAppend(&text, "  no labels: it can be a target, not a source\n");
  }
  absl::StrAppend(&text, "  manifest ", domain.ManifestHash(), "\n");
  return text;
}

// Class folders look like unlabelled domains from above.
std::string HintAboutRoot(const std::string& root,
                          const std::vector<DomainDataset>& domains) {
  const bool all_plain =
      domains.size() >= 2 &&
      std::all_of(domains.begin(), domains.end(), [](const auto& domain) {
        return domain.layout == Layout::kUnlabelledFolder;
      });
  if (!all_plain) return "";
  return absl::StrCat("If these are classes and not domains, ", root,
                      " is itself a domain: give the folder above it.\n");
}

std::string DescribeClasses(const std::set<std::string>& all_classes) {
  if (all_classes.empty()) return "";
  return absl::StrCat(all_classes.size(),
                      " classes: ", absl::StrJoin(all_classes, ", "), "\n");
}

std::string DescribeUnusable(const DomainDataset& domain,
                             const ThreadPool& threads) {
  const BadImageReport report = CheckImages(domain, DecodeLimits(), threads);
  if (report.empty()) return "  every image can be decoded\n";
  return absl::StrCat("  ", report.ToString());
}

}  // namespace

absl::StatusOr<std::string> DescribeDataset(const std::string& root,
                                            bool check_images,
                                            const ThreadPool& threads) {
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                        ListDomains(root));
  if (names.empty()) {
    return absl::NotFoundError(
        absl::StrCat(root,
                     ": no folders and no image lists (.txt); expected "
                     "<root>/<domain>/<class>/*.jpg or *.png"));
  }
  std::vector<DomainDataset> domains;
  std::string refused;
  for (const std::string& name : names) {
    absl::StatusOr<DomainDataset> domain = OpenDomain(root, name);
    if (domain.ok()) {
      domains.push_back(*std::move(domain));
    } else {
      absl::StrAppend(&refused, name,
                      ": not a domain: ", domain.status().message(), "\n");
    }
  }
  std::set<std::string> all_classes;
  for (const DomainDataset& domain : domains) {
    if (!domain.has_labels()) continue;
    all_classes.insert(domain.classes.begin(), domain.classes.end());
  }
  std::string text =
      absl::StrCat(root, ": ", domains.size(),
                   domains.size() == 1 ? " domain\n" : " domains\n");
  for (const DomainDataset& domain : domains) {
    absl::StrAppend(&text, DescribeDomain(domain, all_classes));
    if (check_images) absl::StrAppend(&text, DescribeUnusable(domain, threads));
  }
  return absl::StrCat(text, refused, DescribeClasses(all_classes),
                      HintAboutRoot(root, domains));
}

}  // namespace rtfq
