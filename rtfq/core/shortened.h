// Lists in messages.
#ifndef RTFQ_CORE_SHORTENED_H_
#define RTFQ_CORE_SHORTENED_H_

#include <string>
#include <vector>

namespace rtfq {

// "a, b, c": at most eight of the names, then " and N more"; "" of none. A
// message is for people.
std::string Shortened(const std::vector<std::string>& names);

}  // namespace rtfq

#endif  // RTFQ_CORE_SHORTENED_H_
