#include "rtfq/core/byte_reader.h"

#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {

absl::StatusOr<std::string_view> ByteReader::Take(uint64_t count) {
  if (count > left()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "truncated: ", count, " bytes are wanted, ", left(), " follow"));
  }
  const std::string_view bytes = file_.substr(at_, count);
  at_ += count;
  return bytes;
}

absl::StatusOr<uint64_t> ByteReader::TakeUnsigned(int bytes) {
  RTFQ_ASSIGN_OR_RETURN(const std::string_view taken,
                        Take(static_cast<uint64_t>(bytes)));
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) {
    value = value << 8 | static_cast<uint8_t>(taken[i]);
  }
  return value;
}

absl::StatusOr<std::string_view> ByteReader::TakeLine() {
  constexpr size_t kLongest = 255;
  const std::string_view next =
      left() == 0 ? std::string_view() : file_.substr(at_, kLongest + 1);
  const size_t length = next.find('\n');
  if (length == std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("no line ends within ", kLongest, " bytes"));
  }
  at_ += length + 1;
  return next.substr(0, length);
}

}  // namespace rtfq
