#include "rtfq/core/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/safetensors_json.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

absl::StatusOr<int64_t> BytesOf(const RawTensor& tensor) {
  int64_t bytes = SizeOf(*tensor.dtype);
  for (const int64_t dim : *tensor.shape) {
    if (__builtin_mul_overflow(bytes, dim, &bytes)) {
      return absl::InvalidArgumentError(
          "shape has more elements than a file can hold");
    }
  }
  return bytes;
}

absl::Status CheckTensor(const RawTensor& tensor, int64_t data_bytes) {
  const int64_t begin = (*tensor.offsets)[0];
  const int64_t end = (*tensor.offsets)[1];
  const std::string range =
      absl::StrCat("data_offsets [", begin, ",", end, "]");
  if (begin > end || end > data_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        range, " are not within the file's ", data_bytes, " bytes of data"));
  }
  RTFQ_ASSIGN_OR_RETURN(const int64_t bytes, BytesOf(tensor));
  if (end - begin != bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        range, " hold ", end - begin, " bytes, but ", NameOf(*tensor.dtype),
        " [", absl::StrJoin(*tensor.shape, ","), "] takes ", bytes));
  }
  return absl::OkStatus();
}

// Every byte of the data belongs to exactly one tensor.
absl::Status CheckLayout(const RawHeader& raw, int64_t data_bytes) {
  std::vector<std::pair<const std::string*, const RawTensor*>> order;
  for (const auto& [name, tensor] : raw.tensors) {
    RTFQ_RETURN_IF_ERROR(
        Annotate(CheckTensor(tensor, data_bytes),
                 absl::StrCat("tensor ", QuotedForMessage(name))));
    order.emplace_back(&name, &tensor);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) {
                     return *a.second->offsets < *b.second->offsets;
                   });
  int64_t covered = 0;
  for (const auto& [name, tensor] : order) {
    const int64_t begin = (*tensor->offsets)[0];
    if (begin != covered) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tensor ", QuotedForMessage(*name), ": begins at byte ", begin,
          begin < covered ? ", inside the tensor before it, which ends at "
                          : ", leaving a gap behind the tensor before it, "
                            "which ends at ",
          covered));
    }
    covered = (*tensor->offsets)[1];
  }
  if (covered != data_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(data_bytes - covered, " bytes behind the last tensor"));
  }
  return absl::OkStatus();
}

// Splits `file` into header and data.
absl::Status Split(std::string_view file, SafetensorsHeader& header) {
  uint64_t length = 0;
  if (file.size() < sizeof(length)) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.size(), " bytes are too few for a safetensors file"));
  }
  std::memcpy(&length, file.data(), sizeof(length));
  file.remove_prefix(sizeof(length));
  if (length > file.size() || length > kMaxSafetensorsHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "header of ", length, " bytes, but ", file.size(), " follow and ",
        kMaxSafetensorsHeaderBytes,
        " are the most allowed; truncated, or no safetensors file"));
  }
  header.json = file.substr(0, length);
  header.data = file.substr(length);
  return absl::OkStatus();
}

absl::Status Parse(std::string_view file, SafetensorsHeader& header) {
  RTFQ_RETURN_IF_ERROR(Split(file, header));
  RTFQ_ASSIGN_OR_RETURN(RawHeader raw, ParseSafetensorsJson(header.json));
  RTFQ_RETURN_IF_ERROR(
      CheckLayout(raw, static_cast<int64_t>(header.data.size())));
  for (auto& [name, tensor] : raw.tensors) {
    const int64_t begin = (*tensor.offsets)[0];
    header.entries[name] = {
        *tensor.dtype, *std::move(tensor.shape),
        header.data.substr(begin, (*tensor.offsets)[1] - begin)};
  }
  header.metadata = std::move(raw.metadata);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(
    std::string_view file, const std::string& name) {
  SafetensorsHeader header;
  RTFQ_RETURN_IF_ERROR(Annotate(Parse(file, header), name));
  return header;
}

}  // namespace rtfq
