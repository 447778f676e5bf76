// The JSON in a safetensors file, taken strictly.
#ifndef RTFQ_CORE_SAFETENSORS_JSON_H_
#define RTFQ_CORE_SAFETENSORS_JSON_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/core/dtype.h"

namespace rtfq {

// A tensor as the header describes it; nothing about it is checked against the
// data. After parsing all three are there.
struct RawTensor {
  std::optional<DType> dtype;
  std::optional<std::vector<int64_t>> shape;    // each >= 0
  std::optional<std::vector<int64_t>> offsets;  // begin and end, each >= 0
};

struct RawHeader {
  std::map<std::string, RawTensor, std::less<>> tensors;
  std::map<std::string, std::string, std::less<>> metadata;
};

// kInvalidArgument, naming the tensor, unless `json` is an object of tensors
// {dtype, shape, data_offsets} without further, missing or repeated keys, and
// of __metadata__ with text values. Stops at the first token that does not
// belong there, so that nothing is built for nonsense, however deep or long.
absl::StatusOr<RawHeader> ParseSafetensorsJson(std::string_view json);

// A name from a file for a message: quoted, escaped, cut after 80 characters.
std::string QuotedForMessage(std::string_view text);

}  // namespace rtfq

#endif  // RTFQ_CORE_SAFETENSORS_JSON_H_
