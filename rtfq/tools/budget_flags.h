// A budget, as select and classify take it.
#ifndef RTFQ_TOOLS_BUDGET_FLAGS_H_
#define RTFQ_TOOLS_BUDGET_FLAGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/serve/subnet_choice.h"
#include "rtfq/tools/flags.h"

namespace rtfq {

// "20ms", "0.5s", "800us"; a bare number is milliseconds. kInvalidArgument for
// anything else and for what is not above 0.
absl::StatusOr<double> ParseMilliseconds(const std::string& text);
// "2.5G", "800M", "12k", "1000": powers of 1000. kInvalidArgument as above.
absl::StatusOr<double> ParseCount(const std::string& text);

struct BudgetFlags {
  std::string profile;      // device file
  std::string latency_p95;  // one of these four
  std::string macs;
  std::string bit_ops;
  std::string bytes;
  std::string by = "label_free";
  int64_t threads = 2;
  int64_t batch = 1;

  void AddTo(Flags& flags);
  bool given() const {
    return !latency_p95.empty() || !macs.empty() || !bit_ops.empty() ||
           !bytes.empty();
  }
};

struct Budgeted {
  Cost cost = Cost::kLatencyP95;
  Criterion criterion = Criterion::kLabelFree;
  double limit = 0;
  std::vector<Candidate> candidates;
  SubnetChoice choice;
};

// What the flags ask for. kInvalidArgument unless exactly one limit is given,
// and for values that cannot be read; errors of ReadDeviceProfile(),
// Candidates() and ChooseSubnet().
absl::StatusOr<Budgeted> ChooseWithin(const BudgetFlags& flags,
                                      const Bundle& bundle);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_BUDGET_FLAGS_H_
