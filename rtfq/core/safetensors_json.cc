#include "rtfq/core/safetensors_json.h"

#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace rtfq {
namespace {

// Far above any tensor's rank; keeps messages and memory small.
constexpr size_t kMaxNumbers = 32;

// Sees token by token, and so also the repeated keys that a tree would lose.
class HeaderSax : public nlohmann::json_sax<nlohmann::json> {
 public:
  RawHeader header;
  std::string error;

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("true or false"); }
  bool number_integer(number_integer_t) override {
    return Unexpected("a negative number");
  }
  bool number_float(number_float_t, const string_t&) override {
    return Unexpected("a number that is no integer below 2^63");
  }
  bool binary(binary_t&) override { return Unexpected("binary"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool start_object(std::size_t) override;
  bool key(string_t& value) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Fail(absl::StrCat("header is not JSON at its byte ", position));
  }

 private:
  enum class Place { kStart, kTop, kMetadata, kTensor, kShape, kOffsets, kEnd };

  bool Fail(std::string message) {
    error = std::move(message);
    return false;
  }
  bool FailHere(std::string_view message) {
    if (place_ == Place::kStart || place_ == Place::kEnd) {
      return Fail(std::string(message));
    }
    const char* what = place_ == Place::kMetadata ? "metadata" : "tensor";
    return Fail(absl::StrCat(what, " ", QuotedForMessage(name_), ": ",
                             std::string(message)));
  }
  bool Unexpected(const char* token) {
    return FailHere(
        absl::StrCat("header has ", token,
                     place_ == Place::kMetadata ? " where text belongs"
                     : place_ == Place::kTop || place_ == Place::kTensor
                         ? " where {dtype, shape, data_offsets} belong"
                         : " where it does not belong"));
  }

  Place place_ = Place::kStart;
  std::string name_;   // of the tensor or metadata entry
  std::string field_;  // of the tensor
  bool has_metadata_ = false;
};

bool HeaderSax::number_unsigned(number_unsigned_t value) {
  if (place_ != Place::kShape && place_ != Place::kOffsets) {
    return Unexpected("a number");
  }
  if (value > uint64_t{std::numeric_limits<int64_t>::max()}) {
    return FailHere(absl::StrCat(field_, " has ", value, ", beyond 2^63 - 1"));
  }
  RawTensor& tensor = header.tensors[name_];
  auto& list = place_ == Place::kShape ? tensor.shape : tensor.offsets;
  if (list->size() == kMaxNumbers) {
    return FailHere(
        absl::StrCat(field_, " has more than ", kMaxNumbers, " numbers"));
  }
  list->push_back(static_cast<int64_t>(value));
  return true;
}

bool HeaderSax::string(string_t& value) {
  if (place_ == Place::kMetadata) {
    header.metadata[name_] = std::move(value);
    return true;
  }
  if (place_ != Place::kTensor || field_ != "dtype") {
    return Unexpected("text");
  }
  const std::optional<DType> dtype = DTypeNamed(value);
  if (!dtype.has_value()) {
    return FailHere(absl::StrCat("unknown dtype ", QuotedForMessage(value),
                                 "; known are ", kDTypeNames));
  }
  header.tensors[name_].dtype = dtype;
  return true;
}

bool HeaderSax::start_object(std::size_t) {
  if (place_ == Place::kStart) {
    place_ = Place::kTop;
    return true;
  }
  if (place_ != Place::kTop) return Unexpected("an object");
  place_ = name_ == "__metadata__" ? Place::kMetadata : Place::kTensor;
  return true;
}

bool HeaderSax::key(string_t& value) {
  if (place_ == Place::kTensor) {
    field_ = std::move(value);
    const RawTensor& tensor = header.tensors[name_];
    if (field_ == "dtype"          ? tensor.dtype.has_value()
        : field_ == "shape"        ? tensor.shape.has_value()
        : field_ == "data_offsets" ? tensor.offsets.has_value()
                                   : false) {
      return FailHere(absl::StrCat(field_, " is there twice"));
    }
    if (field_ != "dtype" && field_ != "shape" && field_ != "data_offsets") {
      return FailHere(absl::StrCat("unknown field ", QuotedForMessage(field_),
                                   "; want dtype, shape and data_offsets"));
    }
    return true;
  }
  name_ = std::move(value);
  if (place_ == Place::kMetadata) {
    return header.metadata.emplace(name_, "").second ||
           FailHere("is there twice");
  }
  if (name_ == "__metadata__") {
    return !std::exchange(has_metadata_, true) || FailHere("is there twice");
  }
  return header.tensors.emplace(name_, RawTensor()).second ||
         FailHere("is there twice");
}

bool HeaderSax::end_object() {
  if (place_ == Place::kTensor) {
    const RawTensor& tensor = header.tensors[name_];
    if (!tensor.dtype.has_value()) return FailHere("dtype is missing");
    if (!tensor.shape.has_value()) return FailHere("shape is missing");
    if (!tensor.offsets.has_value()) return FailHere("data_offsets is missing");
    if (tensor.offsets->size() != 2) {
      return FailHere(absl::StrCat("data_offsets has ", tensor.offsets->size(),
                                   " numbers; want [begin, end]"));
    }
  }
  place_ = place_ == Place::kTop ? Place::kEnd : Place::kTop;
  return true;
}

bool HeaderSax::start_array(std::size_t) {
  if (place_ != Place::kTensor || field_ == "dtype") {
    return Unexpected("a list");
  }
  RawTensor& tensor = header.tensors[name_];
  const bool is_shape = field_ == "shape";
  (is_shape ? tensor.shape : tensor.offsets).emplace();
  place_ = is_shape ? Place::kShape : Place::kOffsets;
  return true;
}

bool HeaderSax::end_array() {
  place_ = Place::kTensor;
  return true;
}

}  // namespace

std::string QuotedForMessage(std::string_view text) {
  constexpr size_t kLongest = 80;
  const std::string shown(text.substr(0, kLongest));
  return absl::StrCat("'", absl::CHexEscape(shown),
                      text.size() > kLongest ? "...'" : "'");
}

absl::StatusOr<RawHeader> ParseSafetensorsJson(std::string_view json) {
  // The parser would skip a byte order mark, and stop at a NUL as at the end.
  if (json.empty() || json.front() != '{') {
    return absl::InvalidArgumentError("header does not begin with '{'");
  }
  if (json.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError("header has a NUL byte");
  }
  HeaderSax sax;
  if (!nlohmann::json::sax_parse(json, &sax)) {
    return absl::InvalidArgumentError(sax.error);
  }
  return std::move(sax.header);
}

}  // namespace rtfq
