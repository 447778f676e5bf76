// What a pickle may not hold, said by name.
#ifndef RTFQ_CORE_PICKLE_REFUSAL_H_
#define RTFQ_CORE_PICKLE_REFUSAL_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace rtfq {

// kInvalidArgument for an opcode that ReadPickle does not accept, with its name
// in CPython's pickletools.py.
absl::Status RefuseOpcode(uint8_t code);

// kInvalidArgument for a "module.name" that is none of the accepted ones.
absl::Status RefuseGlobal(std::string_view name,
                          std::span<const std::string_view> accepted);

}  // namespace rtfq

#endif  // RTFQ_CORE_PICKLE_REFUSAL_H_
