// An evaluation as text and CSV; report_json.h and report_html.h have the rest.
#ifndef RTFQ_EVAL_REPORT_H_
#define RTFQ_EVAL_REPORT_H_

#include <string>

#include "rtfq/eval/report.pb.h"

namespace rtfq {

// Said wherever BitOPs are shown.
inline constexpr char kBitOpsNote[] =
    "4 and 6 bits save bytes and next to no multiplies on these CPUs.";
// Said wherever the oracle is shown.
inline constexpr char kOracleNote[] =
    "The oracle peeks at the target labels: an upper bound, not a method.";

// The demo's table (subnet, MACs, BitOPs, bytes, measured ms, target accuracy
// source-only -> adapted) and the budgets with the three selections. Unknown
// values are "-". Ends with a newline.
std::string ToText(const EvaluationReport& report);

// One line a subnet below a line of names, RFC 4180 quoting, full precision,
// unknown values empty.
std::string ToCsv(const EvaluationReport& report);

// One line for each budget and selection: budget,max_macs,admitted,selection,
// subnet,target_accuracy; then the task scores with the budget "all".
std::string BudgetsToCsv(const EvaluationReport& report);

}  // namespace rtfq

#endif  // RTFQ_EVAL_REPORT_H_
