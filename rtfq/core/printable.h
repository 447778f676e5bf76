// Text from files on its way to a terminal.
#ifndef RTFQ_CORE_PRINTABLE_H_
#define RTFQ_CORE_PRINTABLE_H_

#include <string>
#include <string_view>

namespace rtfq {

// `text` with control characters as \xNN, so that a file can neither begin
// lines of its own nor steer the terminal. All else stays, UTF-8 too.
std::string Printable(std::string_view text);

}  // namespace rtfq

#endif  // RTFQ_CORE_PRINTABLE_H_
