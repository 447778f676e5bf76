// Numbers as people read them.
#ifndef RTFQ_EVAL_NUMBER_FORMAT_H_
#define RTFQ_EVAL_NUMBER_FORMAT_H_

#include <cstdint>
#include <string>

namespace rtfq {

// Three significant digits and a decimal prefix: 4087199744 is "4.09 G",
// 71062913024 "71.1 G", 512 "512". Not finite: "-".
std::string FormatSi(double value);

// The same without trailing zeros and with at most `digits` (3..15), for axes:
// "1.5 G", "20", "0.05".
std::string FormatSiShort(double value, int digits);

// Decimal bytes: 23508032 is "23.5 MB", 512 "512 B".
std::string FormatBytes(int64_t bytes);

// A fraction with one decimal and no sign of percent: 0.8755 is "87.6" (halves
// as printf rounds them). Not finite: "-".
std::string FormatPercent(double fraction);

// With a sign and "points": 0.153 is "+15.3 points".
std::string FormatPoints(double difference);

// "47 s", "2 min 05 s", "3 h 20 min"; negative or not finite: "-".
std::string FormatSeconds(double seconds);

}  // namespace rtfq

#endif  // RTFQ_EVAL_NUMBER_FORMAT_H_
