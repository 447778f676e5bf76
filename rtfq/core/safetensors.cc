#include "rtfq/core/safetensors.h"

#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/copy.h"
#include "rtfq/core/file.h"
#include "rtfq/core/safetensors_json.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/shape.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

// What people hand over by mistake, by its first bytes.
absl::Status CheckNotAnotherFormat(std::string_view bytes,
                                   const std::string& name) {
  if (bytes.substr(0, 2) == "\x1f\x8b") {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": is compressed with gzip; gunzip it first: gunzip -k ", name));
  }
  if (bytes.substr(0, 4) == std::string_view("PK\x03\x04")) {
    return absl::InvalidArgumentError(absl::StrCat(
        name,
        ": is a zip archive (as PyTorch's .pth are), not safetensors; "
        "import_weights makes one of the other"));
  }
  return absl::OkStatus();
}

bool SameShape(const std::vector<int64_t>& dims, const Shape& shape) {
  if (dims.size() != static_cast<size_t>(shape.rank())) return false;
  for (int i = 0; i < shape.rank(); ++i) {
    if (dims[i] != shape[i]) return false;
  }
  return true;
}

// All elements in order.
void CopyDense(const SafetensorsEntry& entry, float* into) {
  if (entry.dtype == DType::kF32) {
    if (entry.bytes.empty()) return;
    std::memcpy(into, entry.bytes.data(), entry.bytes.size());
    return;
  }
  const int64_t size = SizeOf(entry.dtype);
  for (int64_t i = 0; i < entry.count(); ++i) {
    into[i] = static_cast<float>(
        LoadDouble(entry.dtype, entry.bytes.data() + i * size));
  }
}

}  // namespace

std::string ShapeToString(const std::vector<int64_t>& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

SafetensorsFile::SafetensorsFile(std::shared_ptr<const std::string> bytes,
                                 std::string name, SafetensorsHeader header)
    : bytes_(std::move(bytes)),
      name_(std::move(name)),
      header_(std::move(header)) {}

absl::StatusOr<SafetensorsFile> SafetensorsFile::Read(const std::string& path) {
  return Read(path, Options());
}

absl::StatusOr<SafetensorsFile> SafetensorsFile::Read(const std::string& path,
                                                      const Options& options) {
  RTFQ_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  return Parse(std::move(bytes), path, options);
}

absl::StatusOr<SafetensorsFile> SafetensorsFile::Parse(
    std::string bytes, const std::string& name) {
  return Parse(std::move(bytes), name, Options());
}

absl::StatusOr<SafetensorsFile> SafetensorsFile::Parse(std::string bytes,
                                                       const std::string& name,
                                                       const Options& options) {
  RTFQ_RETURN_IF_ERROR(CheckNotAnotherFormat(bytes, name));
  // Behind a pointer: views into a short string would not survive its moving.
  auto shared = std::make_shared<const std::string>(std::move(bytes));
  RTFQ_ASSIGN_OR_RETURN(SafetensorsHeader header,
                        ParseSafetensorsHeader(*shared, name));
  SafetensorsFile file(std::move(shared), name, std::move(header));
  if (options.verify_checksum) RTFQ_RETURN_IF_ERROR(file.VerifyChecksum());
  return file;
}

SafetensorsFile SafetensorsFile::Of(std::shared_ptr<const std::string> bytes,
                                    std::string name, Entries entries) {
  SafetensorsHeader header;
  header.entries = std::move(entries);
  return SafetensorsFile(std::move(bytes), std::move(name), std::move(header));
}

absl::Status SafetensorsFile::VerifyChecksum() const {
  const auto found = metadata().find(kSafetensorsChecksumKey);
  if (found == metadata().end()) {
    return absl::DataLossError(absl::StrCat(
        name_, ": has no checksum (metadata ", kSafetensorsChecksumKey, ")"));
  }
  const std::string& stored = found->second;
  const size_t at = header_.json.find(SafetensorsChecksumField(stored));
  if (at == std::string_view::npos ||
      stored.size() != kNoSafetensorsChecksum.size()) {
    return absl::DataLossError(absl::StrCat(
        name_, ": its checksum is no SHA-256: ", QuotedForMessage(stored)));
  }
  const std::string_view all = *bytes_;
  const size_t digits =
      sizeof(uint64_t) + at + SafetensorsChecksumField("").size() - 1;
  Sha256 sha256;
  sha256.Update(all.substr(0, digits));
  sha256.Update(kNoSafetensorsChecksum);
  sha256.Update(all.substr(digits + stored.size()));
  const std::string computed = sha256.HexDigest();
  if (computed == stored) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(name_, ": damaged: its SHA-256 is ",
                                          computed, ", but it was written as ",
                                          stored));
}

absl::Status SafetensorsFile::Error(std::string_view tensor,
                                    std::string_view problem) const {
  return absl::InvalidArgumentError(absl::StrCat(name_, ": tensor ",
                                                 QuotedForMessage(tensor), ": ",
                                                 std::string(problem)));
}

const SafetensorsEntry* SafetensorsFile::Find(std::string_view name) const {
  const auto found = entries().find(name);
  return found == entries().end() ? nullptr : &found->second;
}

absl::StatusOr<const SafetensorsEntry*> SafetensorsFile::Get(
    std::string_view name) const {
  const SafetensorsEntry* entry = Find(name);
  if (entry != nullptr) return entry;
  return absl::NotFoundError(
      absl::StrCat(name_, ": has no tensor ", QuotedForMessage(name)));
}

absl::StatusOr<Tensor> SafetensorsFile::ReadF32(std::string_view name) const {
  RTFQ_ASSIGN_OR_RETURN(const SafetensorsEntry* entry, Get(name));
  if (!IsFloatingPoint(entry->dtype)) {
    return Error(name, absl::StrCat("is ", NameOf(entry->dtype),
                                    "; want F32, F64, F16 or BF16"));
  }
  if (entry->shape.size() > Shape::kMaxRank) {
    return Error(name,
                 absl::StrCat("has ", entry->shape.size(),
                              " dimensions; want at most ", Shape::kMaxRank));
  }
  Tensor tensor = Tensor::Uninitialized(Shape::Of(entry->shape));
  CopyDense(*entry, tensor.data());
  return tensor;
}

absl::Status SafetensorsFile::CopyF32(std::string_view name,
                                      View<float> into) const {
  RTFQ_ASSIGN_OR_RETURN(const SafetensorsEntry* entry, Get(name));
  if (!SameShape(entry->shape, into.shape())) {
    return Error(name, absl::StrCat("has shape ", ShapeToString(entry->shape),
                                    "; want ", into.shape().ToString()));
  }
  if (IsFloatingPoint(entry->dtype) && into.IsDense()) {
    CopyDense(*entry, into.data());
    return absl::OkStatus();
  }
  RTFQ_ASSIGN_OR_RETURN(const Tensor tensor, ReadF32(name));
  CopyElements<float>(tensor, into);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<double>> SafetensorsFile::ReadDoubles(
    std::string_view name) const {
  RTFQ_ASSIGN_OR_RETURN(const SafetensorsEntry* entry, Get(name));
  std::vector<double> values(static_cast<size_t>(entry->count()));
  const int64_t size = SizeOf(entry->dtype);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = LoadDouble(entry->dtype, entry->bytes.data() + i * size);
  }
  return values;
}

absl::StatusOr<std::vector<int64_t>> SafetensorsFile::ReadInts(
    std::string_view name) const {
  RTFQ_ASSIGN_OR_RETURN(const SafetensorsEntry* entry, Get(name));
  if (IsFloatingPoint(entry->dtype)) {
    return Error(name, absl::StrCat("is ", NameOf(entry->dtype),
                                    "; want integers or BOOL"));
  }
  std::vector<int64_t> values(static_cast<size_t>(entry->count()));
  const int64_t size = SizeOf(entry->dtype);
  for (size_t i = 0; i < values.size(); ++i) {
    const std::optional<int64_t> value =
        LoadInt(entry->dtype, entry->bytes.data() + i * size);
    if (!value.has_value()) {
      return Error(name, absl::StrCat("element ", i, " is beyond 2^63 - 1"));
    }
    values[i] = *value;
  }
  return values;
}

}  // namespace rtfq
