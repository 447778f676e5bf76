// The system's reason as a status.
#ifndef RTFQ_CORE_ERRNO_STATUS_H_
#define RTFQ_CORE_ERRNO_STATUS_H_

#include <string>

#include "absl/status/status.h"

namespace rtfq {

// What errno says now: "<path>: cannot <what>: <reason>". kNotFound,
// kPermissionDenied, kResourceExhausted (no room), else kUnavailable.
absl::Status ErrnoStatus(const std::string& path, const char* what);

}  // namespace rtfq

#endif  // RTFQ_CORE_ERRNO_STATUS_H_
