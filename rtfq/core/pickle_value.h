// What a pickle describes, as data.
#ifndef RTFQ_CORE_PICKLE_VALUE_H_
#define RTFQ_CORE_PICKLE_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rtfq {

// Index of a value in Pickle::values.
using PickleRef = uint32_t;

// One value. What Python would compute stays a description of it: a call is the
// name that would be called and its arguments.
struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInt,
    kLongInt,  // text: little-endian two's complement of more than 8 bytes
    kFloat,    // that there is one; its value is not kept
    kText,     // bytes of a string, UTF-8 where Python 3 wrote it
    kTuple,
    kList,
    kDict,
    kGlobal,      // text: one of the names accepted
    kCall,        // of `callee` with the tuple `arguments`
    kPersistent,  // `arguments`: what the writer names an object outside by
  };
  static constexpr PickleRef kNothing = ~PickleRef{0};

  Kind kind = Kind::kNone;
  PickleRef callee = kNothing;
  PickleRef arguments = kNothing;
  PickleRef state = kNothing;  // what a call's result would then be given
  int64_t integer = 0;         // kInt; kBool as 0 or 1
  std::string_view text = {};  // points into the file or the accepted names
  // Elements of tuples and lists; key, value, key, value, ... of a dict and of
  // a call whose result was given items. A list may hold itself.
  std::vector<PickleRef> items = {};
};

struct Pickle {
  std::vector<PickleValue> values;
  PickleRef root = 0;
  size_t end = 0;  // of the pickle, in bytes from the beginning of the file

  const PickleValue& operator[](PickleRef ref) const { return values[ref]; }
};

// The most values a pickle may have, as many as some 10,000 tensors need; also
// the most it may have on its stack or in its memo.
inline constexpr size_t kMaxPickleValues = size_t{1} << 18;

}  // namespace rtfq

#endif  // RTFQ_CORE_PICKLE_VALUE_H_
