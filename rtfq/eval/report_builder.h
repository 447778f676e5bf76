// Puts measurements together into an EvaluationReport.
#ifndef RTFQ_EVAL_REPORT_BUILDER_H_
#define RTFQ_EVAL_REPORT_BUILDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rtfq/eval/metrics.h"
#include "rtfq/eval/report.pb.h"
#include "rtfq/models/resnet_spec.h"
#include "rtfq/models/subnet_config.h"

namespace rtfq {

// A report grows in this order:
//   1. AddSubnet() for every subnet, in the order of the search space; set what
//      was measured on the row it returns;
//   2. FillSelections();
//   3. AddConfusionMatrix() for each of ChosenSubnets();
//   4. AddLoss() while the log of the training is read; facts and class names
//      are plain fields.

// A row with the subnet's names and costs. Valid until the next call.
SubnetRow* AddSubnet(const ResNetSpec& spec, const SubnetConfig& subnet,
                     EvaluationReport& report);

// Accuracy, interval, mean per class and im_score; absent ones stay blank.
void SetTarget(const Metrics& metrics, SubnetRow& row);
void SetSource(const Metrics& metrics, SubnetRow& row);
void SetSourceOnly(const Metrics& target_metrics, SubnetRow& row);

// Budgets, the three selections' choices and their task scores, from the rows
// (at least one). Replaces earlier ones.
void FillSelections(EvaluationReport& report);

// Names of the subnets chosen at some budget, the label-free choices first,
// largest budget first; each once.
std::vector<std::string> ChosenSubnets(const EvaluationReport& report);

// Does nothing where no image has a label or the matrix is empty.
void AddConfusionMatrix(const std::string& subnet, const Metrics& metrics,
                        EvaluationReport& report);

// Appends a point to the curve of that name.
void AddLoss(const std::string& name, int64_t step, double value,
             EvaluationReport& report);

// The row of a subnet, or null.
const SubnetRow* FindSubnet(const EvaluationReport& report,
                            const std::string& subnet);

}  // namespace rtfq

#endif  // RTFQ_EVAL_REPORT_BUILDER_H_
