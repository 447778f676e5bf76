// An evaluation as JSON.
#ifndef RTFQ_EVAL_REPORT_JSON_H_
#define RTFQ_EVAL_REPORT_JSON_H_

#include <string>

#include "rtfq/eval/report.pb.h"

namespace rtfq {

// The whole message under its field names, in the .proto's order. Numbers are
// numbers, repeated fields lists; unknown fields are absent, values that are
// not finite null, bytes that are not UTF-8 U+FFFD. Ends with a newline.
std::string ToJson(const EvaluationReport& report);

}  // namespace rtfq

#endif  // RTFQ_EVAL_REPORT_JSON_H_
