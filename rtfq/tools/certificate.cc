#include "rtfq/tools/certificate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "rtfq/core/check.h"

namespace rtfq {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const LogitComparison& comparison) {
  return {{"differing_images", comparison.differing_images},
          {"largest_difference", comparison.largest_difference},
          {"largest_logit", comparison.largest_logit},
          {"top1_flips", comparison.top1_flips}};
}

Json ToJson(const CodeComparison& comparison) {
  return {{"codes", comparison.codes},
          {"differing", comparison.differing},
          {"largest_difference", comparison.largest_difference}};
}

int64_t Top1(std::span<const float> logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

}  // namespace

void LogitComparison::Add(const Tensor& reference, const Tensor& deployed) {
  RTFQ_CHECK(reference.shape() == deployed.shape());
  const int64_t classes = reference.shape()[1];
  for (int64_t n = 0; n < reference.shape()[0]; ++n) {
    const auto a = reference.span().subspan(n * classes, classes);
    const auto b = deployed.span().subspan(n * classes, classes);
    differing_images += std::memcmp(a.data(), b.data(), a.size_bytes()) != 0;
    top1_flips += Top1(a) != Top1(b);
    for (int64_t k = 0; k < classes; ++k) {
      largest_difference = std::max(largest_difference,
                                    std::abs(static_cast<double>(a[k]) - b[k]));
      largest_logit =
          std::max(largest_logit, std::abs(static_cast<double>(a[k])));
    }
  }
}

int Certificate::equal_subnets() const {
  return static_cast<int>(std::count_if(
      subnets.begin(), subnets.end(), [](const VerifiedSubnet& subnet) {
        return subnet.evaluation.differing_images == 0;
      }));
}

std::string Certificate::ToJson() const {
  Json rows = Json::array();
  for (const VerifiedSubnet& subnet : subnets) {
    Json row = {{"subnet", subnet.name},
                {"logits_sha256", subnet.logits_sha256},
                {"evaluation", rtfq::ToJson(subnet.evaluation)}};
    if (with_oracle) {
      row["f32_oracle"] = rtfq::ToJson(subnet.oracle);
      row["f32_oracle_codes"] = rtfq::ToJson(subnet.oracle_codes);
    }
    rows.push_back(row);
  }
  const Json all = {{"bundle", bundle}, {"run", run},       {"images", images},
                    {"engine", engine}, {"holds", holds()}, {"subnets", rows}};
  // Names of files need not be UTF-8.
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string Certificate::ToText() const {
  std::string text = absl::StrFormat(
      "%d images, %s\n%-14s  deployed = evaluated  %s\n", images, engine,
      "subnet",
      with_oracle ? "against f32: images differ, top-1 flips, largest |logit "
                    "difference|, codes that differ (at most by)"
                  : "");
  for (const VerifiedSubnet& subnet : subnets) {
    const bool same = subnet.evaluation.differing_images == 0;
    absl::StrAppendFormat(
        &text, "%-14s  %-20s", subnet.name,
        same ? "bit for bit"
             : absl::StrCat("NO: ", subnet.evaluation.differing_images,
                            " images, ", subnet.evaluation.top1_flips,
                            " flips"));
    if (with_oracle) {
      absl::StrAppendFormat(
          &text, "  %6d %6d  %.3g of %.3g  %d of %d (%d)",
          subnet.oracle.differing_images, subnet.oracle.top1_flips,
          subnet.oracle.largest_difference, subnet.oracle.largest_logit,
          subnet.oracle_codes.differing, subnet.oracle_codes.codes,
          subnet.oracle_codes.largest_difference);
    }
    text += "\n";
  }
  absl::StrAppendFormat(&text, "%d of %d subnets equal bit for bit\n",
                        equal_subnets(), subnets.size());
  return text;
}

}  // namespace rtfq
