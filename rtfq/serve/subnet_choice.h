// The best subnet within a budget.
#ifndef RTFQ_SERVE_SUBNET_CHOICE_H_
#define RTFQ_SERVE_SUBNET_CHOICE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/deploy/bundle.pb.h"
#include "rtfq/serve/device.pb.h"

namespace rtfq {

// What is limited.
enum class Cost { kLatencyP95, kMacs, kBitOps, kBytes };
// By what subnets are compared (spec, section 8): never mixed.
enum class Criterion {
  kLabelFree,  // information-maximisation score on target images, no labels
  kSource,     // accuracy on source images
  kOracle,     // accuracy on the target's labels: a study, not a choice
};

const char* NameOf(Cost cost);
const char* NameOf(Criterion criterion);
// "label_free", "source", "oracle"; kInvalidArgument naming the three.
absl::StatusOr<Criterion> ParseCriterion(const std::string& text);

struct Candidate {
  std::string subnet;
  double cost = 0;   // milliseconds, multiply-adds, bit operations or bytes
  double score = 0;  // higher is better
};

// Every subnet whose cost and score are known. kLatencyP95 needs a profile of
// this bundle, with rows of `threads` and `batch`: kFailedPrecondition saying
// what it has where it lacks them; kFailedPrecondition also where no subnet has
// the criterion's score.
absl::StatusOr<std::vector<Candidate>> Candidates(const BundleHeader& header,
                                                  const DeviceProfile* profile,
                                                  Cost cost,
                                                  Criterion criterion,
                                                  int threads, int batch);

// The candidates that no other beats: none costs at most as much with a higher
// score, or less with at least the same. Ascending in cost; of equals the
// first.
std::vector<Candidate> ParetoFront(std::vector<Candidate> candidates);

struct SubnetChoice {
  Candidate winner;
  std::optional<Candidate> runner_up;  // next best score within the limit
};

// The highest score whose cost is at most `limit`; of equals the cheaper, then
// the first. kFailedPrecondition naming the cheapest subnet when none fits.
absl::StatusOr<SubnetChoice> ChooseSubnet(
    const std::vector<Candidate>& candidates, double limit);

}  // namespace rtfq

#endif  // RTFQ_SERVE_SUBNET_CHOICE_H_
