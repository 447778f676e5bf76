#include "rtfq/tools/inspect_bundle.h"

#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/core/printable.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle.h"

namespace rtfq {
namespace {

std::string Percent(bool known, double fraction) {
  return known ? absl::StrFormat("%.1f %%", 100 * fraction) : "-";
}

std::string SubnetLine(const BundleSubnet& subnet) {
  const BundleScores& scores = subnet.scores();
  return absl::StrFormat(
      "  %-14s %9.3f M MACs %9.1f M BitOPs %9.3f MB  target %s, source %s, "
      "label-free %s\n",
      subnet.name(), static_cast<double>(scores.macs()) / 1e6,
      static_cast<double>(scores.bit_ops()) / 1e6,
      static_cast<double>(scores.weight_bytes()) / 1e6,
      Percent(scores.has_target_accuracy(), scores.target_accuracy()),
      Percent(scores.has_source_accuracy(), scores.source_accuracy()),
      scores.has_im_score() ? absl::StrFormat("%.3f", scores.im_score()) : "-");
}

}  // namespace

absl::StatusOr<std::string> DescribeBundle(const std::string& path) {
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<Bundle> bundle,
                        Bundle::Open(path));
  RTFQ_RETURN_IF_ERROR(bundle->VerifyAll());
  const BundleHeader& header = bundle->header();
  const BundleProvenance& from = header.provenance();
  std::string text = absl::StrFormat(
      "%s: whole; format %d\n  %s, %s to %s, step %d, commit %s\n"
      "  batch norms calibrated on %s\n  resize %d, crop %d, %d classes, %d "
      "convolutions\nsections\n",
      path, header.version(), Printable(from.network()),
      Printable(from.source()), Printable(from.target()), from.step(),
      Printable(from.train_commit()), Printable(from.calibration()),
      header.preprocessing().resize(), header.preprocessing().crop(),
      header.class_names_size(), header.graph().convolutions_size());
  int64_t bytes = 0;
  for (const BundleSection& section : header.sections()) {
    absl::StrAppendFormat(&text, "  %-24s %12d bytes\n", section.name(),
                          section.size());
    bytes += section.size();
  }
  absl::StrAppendFormat(&text, "  %-24s %12d bytes\nsubnets\n", "all", bytes);
  for (const BundleSubnet& subnet : header.subnets()) {
    text += SubnetLine(subnet);
  }
  return text;
}

}  // namespace rtfq
