#include "rtfq/tools/budget_flags.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/serve/device_file.h"
#include "rtfq/tools/paths.h"

namespace rtfq {
namespace {

struct Unit {
  const char* suffix;
  double factor;
};

// The number before the longest suffix that fits, times its factor.
absl::StatusOr<double> ParseWithUnit(const std::string& text,
                                     const std::vector<Unit>& units,
                                     const char* examples) {
  for (const Unit& unit : units) {
    if (!absl::EndsWith(text, unit.suffix)) continue;
    const std::string number =
        text.substr(0, text.size() - std::string(unit.suffix).size());
    double value = 0;
    if (absl::SimpleAtod(number, &value) && std::isfinite(value) && value > 0) {
      return value * unit.factor;
    }
    break;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text, "' is no amount above 0; ", examples, " are possible"));
}

}  // namespace

absl::StatusOr<double> ParseMilliseconds(const std::string& text) {
  return ParseWithUnit(text, {{"ms", 1}, {"us", 1e-3}, {"s", 1e3}, {"", 1}},
                       "20ms, 0.5s, 800us");
}

absl::StatusOr<double> ParseCount(const std::string& text) {
  return ParseWithUnit(
      text, {{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}, {"", 1}},
      "2.5G, 800M, 12k, 1000");
}

void BudgetFlags::AddTo(Flags& flags) {
  flags.Add("profile", &profile, "device file, for a latency budget");
  flags.Add("latency-p95", &latency_p95, "at most so long, as in 20ms");
  flags.Add("macs", &macs, "at most so many multiply-adds, as in 1.5G");
  flags.Add("bitops", &bit_ops, "at most so many bit operations, as in 30G");
  flags.Add("bytes", &bytes, "at most so many bytes of weights, as in 12M");
  flags.Add("by", &by, "label_free, source or oracle: the score that decides");
  flags.Add("threads", &threads, "rows of the device file to read");
  flags.Add("batch", &batch, "rows of the device file to read");
}

absl::StatusOr<Budgeted> ChooseWithin(const BudgetFlags& flags,
                                      const Bundle& bundle) {
  const std::pair<const std::string*, Cost> limits[] = {
      {&flags.latency_p95, Cost::kLatencyP95},
      {&flags.macs, Cost::kMacs},
      {&flags.bit_ops, Cost::kBitOps},
      {&flags.bytes, Cost::kBytes}};
  Budgeted budgeted;
  int given = 0;
  for (const auto& [text, cost] : limits) {
    if (text->empty()) continue;
    ++given;
    budgeted.cost = cost;
    RTFQ_ASSIGN_OR_RETURN(budgeted.limit, cost == Cost::kLatencyP95
                                              ? ParseMilliseconds(*text)
                                              : ParseCount(*text));
  }
  if (given != 1) {
    return absl::InvalidArgumentError(
        "one budget is wanted: --latency-p95=20ms, --macs=1.5G, --bitops=30G "
        "or --bytes=12M");
  }
  RTFQ_ASSIGN_OR_RETURN(budgeted.criterion, ParseCriterion(flags.by));
  DeviceProfile profile;
  if (!flags.profile.empty()) {
    RTFQ_ASSIGN_OR_RETURN(profile,
                          ReadDeviceProfile(UserPath(flags.profile), bundle));
  }
  RTFQ_ASSIGN_OR_RETURN(
      budgeted.candidates,
      Candidates(bundle.header(), flags.profile.empty() ? nullptr : &profile,
                 budgeted.cost, budgeted.criterion,
                 static_cast<int>(flags.threads),
                 static_cast<int>(flags.batch)));
  RTFQ_ASSIGN_OR_RETURN(budgeted.choice,
                        ChooseSubnet(budgeted.candidates, budgeted.limit));
  return budgeted;
}

}  // namespace rtfq
