#include "rtfq/core/safetensors_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "rtfq/core/check.h"
#include "rtfq/core/copy.h"
#include "rtfq/core/file.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

// A JSON string; kInvalidArgument if `text` is not UTF-8, which JSON must be.
absl::StatusOr<std::string> Quote(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    return absl::InvalidArgumentError(absl::StrCat(
        "not valid UTF-8, so it cannot be stored: ",
        nlohmann::json(text).dump(-1, ' ', true,
                                  nlohmann::json::error_handler_t::replace)));
  }
}

// The elements in order, without the gaps.
template <typename T>
std::string CopyWithoutGaps(View<const T> values) {
  const size_t count = static_cast<size_t>(values.count());
  std::string bytes(count * sizeof(T), '\0');
  CopyElements<T>(values,
                  View<T>(reinterpret_cast<T*>(bytes.data()), values.shape()));
  return bytes;
}

}  // namespace

std::string SafetensorsChecksumField(std::string_view digits) {
  return absl::StrCat("\"", kSafetensorsChecksumKey, "\":\"",
                      std::string(digits), "\"");
}

template <typename T>
void SafetensorsWriter::Add(std::string_view name, DType dtype,
                            View<const T> values) {
  RTFQ_CHECK(name != "__metadata__");
  RTFQ_CHECK(SizeOf(dtype) == sizeof(T));
  const size_t size = static_cast<size_t>(values.count()) * sizeof(T);
  std::string_view bytes;
  if (values.IsDense()) {
    bytes = {reinterpret_cast<const char*>(values.data()), size};
  } else {
    bytes = copies_.emplace_back(CopyWithoutGaps(values));
  }
  const bool is_new =
      tensors_.emplace(std::string(name), Piece{dtype, values.shape(), bytes})
          .second;
  RTFQ_CHECK(is_new);
}

void SafetensorsWriter::AddF32(std::string_view name,
                               View<const float> values) {
  Add(name, DType::kF32, values);
}
void SafetensorsWriter::AddF64(std::string_view name,
                               View<const double> values) {
  Add(name, DType::kF64, values);
}
void SafetensorsWriter::AddI64(std::string_view name,
                               View<const int64_t> values) {
  Add(name, DType::kI64, values);
}
void SafetensorsWriter::AddI32(std::string_view name,
                               View<const int32_t> values) {
  Add(name, DType::kI32, values);
}
void SafetensorsWriter::AddI8(std::string_view name,
                              View<const int8_t> values) {
  Add(name, DType::kI8, values);
}
void SafetensorsWriter::AddU8(std::string_view name,
                              View<const uint8_t> values) {
  Add(name, DType::kU8, values);
}

void SafetensorsWriter::SetMetadata(std::string_view key,
                                    std::string_view value) {
  RTFQ_CHECK(key != kSafetensorsChecksumKey);
  metadata_[std::string(key)] = std::string(value);
}

std::vector<const SafetensorsWriter::Named::value_type*>
SafetensorsWriter::Layout() const {
  std::vector<const Named::value_type*> order;
  for (const auto& tensor : tensors_) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) {
    return SizeOf(a->second.dtype) > SizeOf(b->second.dtype);
  });
  return order;
}

absl::StatusOr<std::string> SafetensorsWriter::Header(
    std::string_view digits) const {
  std::map<std::string_view, size_t> begin_of;
  size_t end = 0;
  for (const Named::value_type* tensor : Layout()) {
    begin_of[tensor->first] = end;
    end += tensor->second.bytes.size();
  }
  std::map<std::string, std::string> metadata;  // key to JSON entry
  metadata[kSafetensorsChecksumKey] = SafetensorsChecksumField(digits);
  for (const auto& [key, value] : metadata_) {
    RTFQ_ASSIGN_OR_RETURN(const std::string key_json, Quote(key));
    RTFQ_ASSIGN_OR_RETURN(const std::string value_json, Quote(value));
    metadata[key] = absl::StrCat(key_json, ":", value_json);
  }
  std::string json = "{\"__metadata__\":{";
  for (const auto& [key, entry] : metadata) {
    absl::StrAppend(&json, json.back() == '{' ? "" : ",", entry);
  }
  json += "}";
  for (const auto& [name, piece] : tensors_) {
    RTFQ_ASSIGN_OR_RETURN(const std::string name_json, Quote(name));
    const size_t begin = begin_of[name];
    absl::StrAppend(
        &json, ",", name_json, ":{\"dtype\":\"", NameOf(piece.dtype),
        "\",\"shape\":", piece.shape.ToString(), ",\"data_offsets\":[", begin,
        ",", begin + piece.bytes.size(), "]}");
  }
  json += "}";
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const uint64_t length = json.size();
  std::string header(sizeof(length), '\0');
  std::memcpy(header.data(), &length, sizeof(length));
  return header + json;
}

absl::StatusOr<std::vector<std::string_view>> SafetensorsWriter::Pieces(
    std::string& header) const {
  RTFQ_ASSIGN_OR_RETURN(header, Header(kNoSafetensorsChecksum));
  std::vector<std::string_view> pieces;
  Sha256 sha256;
  sha256.Update(header);
  for (const Named::value_type* tensor : Layout()) {
    sha256.Update(tensor->second.bytes);
    pieces.push_back(tensor->second.bytes);
  }
  RTFQ_ASSIGN_OR_RETURN(header, Header(sha256.HexDigest()));
  pieces.insert(pieces.begin(), header);
  return pieces;
}

absl::Status SafetensorsWriter::WriteAtomically(const std::string& path) const {
  std::string header;
  const absl::StatusOr<std::vector<std::string_view>> pieces = Pieces(header);
  if (!pieces.ok()) return Annotate(pieces.status(), path);
  return WriteFileAtomically(path, *pieces);
}

absl::StatusOr<std::string> SafetensorsWriter::Serialize() const {
  std::string header;
  RTFQ_ASSIGN_OR_RETURN(const std::vector<std::string_view> pieces,
                        Pieces(header));
  std::string bytes;
  for (const std::string_view piece : pieces) bytes += piece;
  return bytes;
}

}  // namespace rtfq
