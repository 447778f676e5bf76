// The charts of the report page.
#ifndef RTFQ_EVAL_REPORT_CHARTS_H_
#define RTFQ_EVAL_REPORT_CHARTS_H_

#include <vector>

#include "rtfq/eval/report.pb.h"
#include "rtfq/eval/svg_chart.h"

namespace rtfq {

enum class CostAxis { kMacs, kBitOps };

// Target accuracy over cost: a mark for every subnet and, for every bit width,
// a line of the best accuracy up to a cost. A dashed line shows the same for
// training on source alone, at the most bits, where it is known. Without target
// labels the information-maximisation score stands in for accuracy.
Chart AccuracyChart(const EvaluationReport& report, CostAxis cost);

// One chart for each loss, "total" first: a thin line of means of neighbouring
// steps and a thick one that smooths them.
std::vector<Chart> LossCharts(const EvaluationReport& report);

}  // namespace rtfq

#endif  // RTFQ_EVAL_REPORT_CHARTS_H_
