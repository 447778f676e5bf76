// Suggestions for a word that was mistyped.
#ifndef RTFQ_CORE_NEAREST_NAMES_H_
#define RTFQ_CORE_NEAREST_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

namespace rtfq {

// The least number of letters inserted, removed or replaced that makes one word
// of the other (Levenshtein 1966).
int EditDistance(std::string_view a, std::string_view b);

// The names in order of their distance from `wanted`, equal ones as they came,
// joined by ", ".
std::string NearestFirst(std::vector<std::string> names,
                         const std::string& wanted);

}  // namespace rtfq

#endif  // RTFQ_CORE_NEAREST_NAMES_H_
