// What a safetensors file says it holds, checked against what it can hold.
#ifndef RTFQ_CORE_SAFETENSORS_HEADER_H_
#define RTFQ_CORE_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/core/dtype.h"

namespace rtfq {

// One tensor of a file, row-major; `bytes` lies in the file's own bytes.
struct SafetensorsEntry {
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  std::string_view bytes;

  // Number of elements.
  int64_t count() const {
    return static_cast<int64_t>(bytes.size()) / SizeOf(dtype);
  }
};

struct SafetensorsHeader {
  std::map<std::string, SafetensorsEntry, std::less<>> entries;
  std::map<std::string, std::string, std::less<>> metadata;
  std::string_view json;  // the header's text, padding included
  std::string_view data;  // all that follows it
};

// The longest header accepted, as in the format's reference implementation.
inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;

// Reads 8 bytes of little-endian header length, the JSON header, and the layout
// of the data behind it. The views in the result point into `file`; `name` is
// the file's, for messages.
//
// kInvalidArgument, naming file and tensor, unless: the header is a JSON object
// of {dtype, shape, data_offsets} without further, missing or repeated keys
// (and string metadata); every tensor's bytes are shape times dtype; and the
// tensors fill the data section one behind the other, without gap, overlap or
// trailing bytes. Memory used is within a small factor of the header's length.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(
    std::string_view file, const std::string& name);

}  // namespace rtfq

#endif  // RTFQ_CORE_SAFETENSORS_HEADER_H_
