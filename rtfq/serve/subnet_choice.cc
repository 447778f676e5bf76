#include "rtfq/serve/subnet_choice.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

std::optional<double> ScoreOf(const BundleScores& scores, Criterion criterion) {
  switch (criterion) {
    case Criterion::kLabelFree:
      if (scores.has_im_score()) return scores.im_score();
      break;
    case Criterion::kSource:
      if (scores.has_source_accuracy()) return scores.source_accuracy();
      break;
    case Criterion::kOracle:
      if (scores.has_target_accuracy()) return scores.target_accuracy();
      break;
  }
  return std::nullopt;
}

std::optional<double> LatencyOf(const DeviceProfile& profile,
                                const std::string& subnet, int threads,
                                int batch) {
  for (const LatencyRow& row : profile.rows()) {
    if (row.subnet() == subnet && row.threads() == threads &&
        row.batch() == batch) {
      return row.p95_ms();
    }
  }
  return std::nullopt;
}

std::optional<double> CostOf(const BundleSubnet& subnet,
                             const DeviceProfile* profile, Cost cost,
                             int threads, int batch) {
  const BundleScores& scores = subnet.scores();
  switch (cost) {
    case Cost::kLatencyP95:
      return LatencyOf(*profile, subnet.name(), threads, batch);
    case Cost::kMacs:
      if (scores.has_macs()) return static_cast<double>(scores.macs());
      break;
    case Cost::kBitOps:
      if (scores.has_bit_ops()) return static_cast<double>(scores.bit_ops());
      break;
    case Cost::kBytes:
      if (scores.has_weight_bytes()) {
        return static_cast<double>(scores.weight_bytes());
      }
      break;
  }
  return std::nullopt;
}

absl::Status CheckProfile(const DeviceProfile* profile, int threads,
                          int batch) {
  if (profile == nullptr) {
    return absl::FailedPreconditionError(
        "a latency budget needs the device's measurements: "
        "--profile=edge.textproto, which profile writes");
  }
  std::set<std::string> there;
  for (const LatencyRow& row : profile->rows()) {
    if (row.threads() == threads && row.batch() == batch) {
      return absl::OkStatus();
    }
    there.insert(absl::StrCat(row.threads(), " threads, batch ", row.batch()));
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the profile has no measurements of ", threads, " threads, batch ", batch,
      "; it has: ", absl::StrJoin(there, "; "),
      ". --threads and --batch choose"));
}

// Whether a is the better choice.
bool IsBetter(const Candidate& a, const Candidate& b) {
  return a.score != b.score ? a.score > b.score : a.cost < b.cost;
}

}  // namespace

const char* NameOf(Cost cost) {
  switch (cost) {
    case Cost::kLatencyP95:
      return "p95 milliseconds";
    case Cost::kMacs:
      return "multiply-adds";
    case Cost::kBitOps:
      return "bit operations";
    case Cost::kBytes:
      return "bytes of weights";
  }
  return "";
}

const char* NameOf(Criterion criterion) {
  switch (criterion) {
    case Criterion::kLabelFree:
      return "label_free";
    case Criterion::kSource:
      return "source";
    case Criterion::kOracle:
      return "oracle";
  }
  return "";
}

absl::StatusOr<Criterion> ParseCriterion(const std::string& text) {
  for (const Criterion criterion :
       {Criterion::kLabelFree, Criterion::kSource, Criterion::kOracle}) {
    if (text == NameOf(criterion)) return criterion;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--by=", text, "; label_free, source or oracle is wanted"));
}

absl::StatusOr<std::vector<Candidate>> Candidates(const BundleHeader& header,
                                                  const DeviceProfile* profile,
                                                  Cost cost,
                                                  Criterion criterion,
                                                  int threads, int batch) {
  if (cost == Cost::kLatencyP95) {
    RTFQ_RETURN_IF_ERROR(CheckProfile(profile, threads, batch));
  }
  std::vector<Candidate> candidates;
  for (const BundleSubnet& subnet : header.subnets()) {
    const auto price = CostOf(subnet, profile, cost, threads, batch);
    const auto score = ScoreOf(subnet.scores(), criterion);
    if (!price || !score || !std::isfinite(*price) || !std::isfinite(*score)) {
      continue;
    }
    candidates.push_back({subnet.name(), *price, *score});
  }
  if (candidates.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "no subnet has both a ", NameOf(criterion), " score and its ",
        NameOf(cost), "; was the run evaluated so before it was exported?"));
  }
  return candidates;
}

std::vector<Candidate> ParetoFront(std::vector<Candidate> candidates) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) {
                     return a.cost != b.cost ? a.cost < b.cost
                                             : a.score > b.score;
                   });
  std::vector<Candidate> front;
  for (const Candidate& candidate : candidates) {
    if (front.empty() || candidate.score > front.back().score) {
      front.push_back(candidate);
    }
  }
  return front;
}

absl::StatusOr<SubnetChoice> ChooseSubnet(
    const std::vector<Candidate>& candidates, double limit) {
  std::vector<Candidate> within;
  const Candidate* cheapest = nullptr;
  for (const Candidate& candidate : candidates) {
    if (candidate.cost <= limit) within.push_back(candidate);
    if (cheapest == nullptr || candidate.cost < cheapest->cost) {
      cheapest = &candidate;
    }
  }
  if (within.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "no subnet costs at most ", limit,
        cheapest == nullptr ? ""
                            : absl::StrCat("; the cheapest, ", cheapest->subnet,
                                           ", costs ", cheapest->cost)));
  }
  std::stable_sort(within.begin(), within.end(), IsBetter);
  SubnetChoice choice = {within[0], std::nullopt};
  if (within.size() > 1) choice.runner_up = within[1];
  return choice;
}

}  // namespace rtfq
