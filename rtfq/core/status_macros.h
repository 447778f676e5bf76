// Passing errors up, and saying where they happened.
#ifndef RTFQ_CORE_STATUS_MACROS_H_
#define RTFQ_CORE_STATUS_MACROS_H_

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace rtfq {

// The same error with "where: " before its message; OK stays OK.
inline absl::Status Annotate(const absl::Status& status,
                             std::string_view where) {
  if (status.ok()) return status;
  return absl::Status(
      status.code(), absl::StrCat(absl::string_view(where.data(), where.size()),
                                  ": ", status.message()));
}

}  // namespace rtfq

#define RTFQ_RETURN_IF_ERROR(expression)                              \
  do {                                                                \
    if (absl::Status rtfq_status_ = (expression); !rtfq_status_.ok()) \
      return rtfq_status_;                                            \
  } while (false)

// RTFQ_ASSIGN_OR_RETURN(auto value, MayFail());
#define RTFQ_ASSIGN_OR_RETURN(declaration, expression)                 \
  RTFQ_ASSIGN_OR_RETURN_IMPL_(RTFQ_CONCAT_(rtfq_status_or_, __LINE__), \
                              declaration, expression)
#define RTFQ_ASSIGN_OR_RETURN_IMPL_(variable, declaration, expression) \
  auto variable = (expression);                                        \
  if (!variable.ok()) return variable.status();                        \
  declaration = *std::move(variable)
#define RTFQ_CONCAT_(a, b) RTFQ_CONCAT_INNER_(a, b)
#define RTFQ_CONCAT_INNER_(a, b) a##b

#endif  // RTFQ_CORE_STATUS_MACROS_H_
