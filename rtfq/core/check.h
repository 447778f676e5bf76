// Invariants whose breaking is a bug of ours, never the user's input.
#ifndef RTFQ_CORE_CHECK_H_
#define RTFQ_CORE_CHECK_H_

#include <cstdio>
#include <cstdlib>

namespace rtfq::internal {

[[noreturn]] inline void CheckFailed(const char* file, int line,
                                     const char* condition) {
  std::fprintf(stderr, "%s:%d: RTFQ_CHECK failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace rtfq::internal

// Aborts with file, line and the condition's text when it does not hold; in
// every build mode.
#define RTFQ_CHECK(condition) \
  ((condition)                \
       ? static_cast<void>(0) \
       : ::rtfq::internal::CheckFailed(__FILE__, __LINE__, #condition))

#endif  // RTFQ_CORE_CHECK_H_
