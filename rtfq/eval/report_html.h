// An evaluation as a page.
#ifndef RTFQ_EVAL_REPORT_HTML_H_
#define RTFQ_EVAL_REPORT_HTML_H_

#include <string>

#include "rtfq/eval/report.pb.h"

namespace rtfq {

// One HTML document that needs nothing else: styles and charts (SVG) are
// inside, there are no scripts and no links. Summary, accuracy over MACs and
// over BitOPs, the budgets with the three selections side by side, losses, all
// subnets, classes and confusion matrix, facts of the run; what the report does
// not hold is left out. Every text from outside (class names, paths) is
// escaped. The same report gives the same bytes.
std::string ToHtml(const EvaluationReport& report);

}  // namespace rtfq

#endif  // RTFQ_EVAL_REPORT_HTML_H_
