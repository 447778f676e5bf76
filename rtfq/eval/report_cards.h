// The summary at the head of the report page.
#ifndef RTFQ_EVAL_REPORT_CARDS_H_
#define RTFQ_EVAL_REPORT_CARDS_H_

#include <string>

#include "rtfq/eval/report.pb.h"

namespace rtfq {

// A few large numbers: the task's label-free score, the largest and the
// smallest subnet with their gains, the least gain of all subnets, what the
// fewest bits lose, and the range of costs; each only where it is known.
std::string CardsHtml(const EvaluationReport& report);

}  // namespace rtfq

#endif  // RTFQ_EVAL_REPORT_CARDS_H_
