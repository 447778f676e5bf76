// What a profile looks like to people and to trace viewers.
#ifndef RTFQ_TOOLS_PROFILE_TABLE_H_
#define RTFQ_TOOLS_PROFILE_TABLE_H_

#include <span>
#include <string>

#include "rtfq/core/profiler.h"

namespace rtfq {

// One line a kind of work, most time first: milliseconds, share, entries; then
// the total of `seconds` with what no entry covers.
std::string ProfileTable(std::span<const Profiler::Entry> entries,
                         double seconds);

// Chrome's trace event format (JSON), for chrome://tracing and Perfetto: one
// complete event an entry, times from the first entry's begin.
std::string ChromeTrace(std::span<const Profiler::Entry> entries);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_PROFILE_TABLE_H_
