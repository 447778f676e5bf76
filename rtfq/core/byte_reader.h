// Bytes of a file, taken one piece after the other within its bounds.
#ifndef RTFQ_CORE_BYTE_READER_H_
#define RTFQ_CORE_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rtfq {

// Begins at byte `at` of `file`, or behind its end where it is shorter. The
// functions fail with kInvalidArgument, saying what is missing, and then take
// nothing.
class ByteReader {
 public:
  ByteReader(std::string_view file, size_t at) : file_(file), at_(at) {}

  // The next byte's place.
  size_t at() const { return at_; }
  size_t left() const { return at_ < file_.size() ? file_.size() - at_ : 0; }

  // The next `count` bytes, without a copy.
  absl::StatusOr<std::string_view> Take(uint64_t count);
  // A little-endian number of 1 to 8 bytes.
  absl::StatusOr<uint64_t> TakeUnsigned(int bytes);
  // What comes before the next '\n', which is taken too: at most 255 bytes.
  absl::StatusOr<std::string_view> TakeLine();

 private:
  std::string_view file_;
  size_t at_;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_BYTE_READER_H_
