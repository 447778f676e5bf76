// A small report whose numbers can be followed.
#ifndef TESTS_EVAL_SAMPLE_REPORT_H_
#define TESTS_EVAL_SAMPLE_REPORT_H_

#include <string>

#include "rtfq/eval/report.pb.h"

namespace rtfq::test {

// Eight subnets of the tiny network (2 resolutions, 2 widths, 8 and 4 bits) in
// the search space's order, fully measured and selected. Subnet i has the
// target accuracy 0.9 - 0.01 i, the source-only one 0.6 - 0.01 i and 20 ms
// divided by i + 1. Three classes, the second with a hostile name.
EvaluationReport SampleReport();

// The same without target labels: no target accuracy anywhere.
EvaluationReport UnlabelledReport();

inline constexpr char kHostileName[] = "<script>alert(1)</script> & 'co'";

// "" when every tag of the document is closed in order and every attribute is
// quoted; else what is wrong.
std::string WhatIsUnbalanced(const std::string& html);

}  // namespace rtfq::test

#endif  // TESTS_EVAL_SAMPLE_REPORT_H_
