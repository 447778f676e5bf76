// The tables of the report page, as HTML.
#ifndef RTFQ_EVAL_REPORT_TABLES_H_
#define RTFQ_EVAL_REPORT_TABLES_H_

#include <string>

#include "rtfq/eval/report.pb.h"

namespace rtfq {

// Unknown values are an en dash. All texts from outside are escaped.

// Budgets by selections; the oracle's columns are set apart.
std::string BudgetTableHtml(const EvaluationReport& report);

// A row a subnet, with a bar from the source-only to the adapted accuracy.
std::string SubnetTableHtml(const EvaluationReport& report);

// Accuracy of each class by that matrix, worst first, at most 48 of them.
std::string ClassTableHtml(const EvaluationReport& report,
                           const ConfusionMatrix& matrix);

// The most frequent mistakes of that matrix, at most 10; empty when there is
// none.
std::string MistakeTableHtml(const EvaluationReport& report,
                             const ConfusionMatrix& matrix);

// Where the numbers come from.
std::string FactTableHtml(const EvaluationReport& report);

}  // namespace rtfq

#endif  // RTFQ_EVAL_REPORT_TABLES_H_
