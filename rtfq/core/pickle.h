// Python's pickles, read as data: nothing is imported, called or executed.
#ifndef RTFQ_CORE_PICKLE_H_
#define RTFQ_CORE_PICKLE_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "rtfq/core/pickle_value.h"

namespace rtfq {

// Reads the pickle that begins at byte `begin` of `file`, in protocol 2 to 5
// (PEP 307, 3154, 574; opcodes as in CPython's pickletools.py); what follows it
// is left alone. The views in the result point into `file` and `globals`, which
// are the accepted "module.name"s.
//
// kInvalidArgument naming the byte of the opcode, what was found and what would
// be accepted: for opcodes, names and protocols other than the accepted ones,
// truncation, a stack that has not what an opcode takes, and more values than
// kMaxPickleValues. Time and memory grow with the length of the pickle,
// whatever refers to whatever: a value named twice is one value.
absl::StatusOr<Pickle> ReadPickle(std::string_view file, size_t begin,
                                  std::span<const std::string_view> globals);

}  // namespace rtfq

#endif  // RTFQ_CORE_PICKLE_H_
