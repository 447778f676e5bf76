// Tensors in files: the safetensors format, read. (safetensors_writer.h
// writes.)
#ifndef RTFQ_CORE_SAFETENSORS_H_
#define RTFQ_CORE_SAFETENSORS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/dtype.h"
#include "rtfq/core/safetensors_header.h"
#include "rtfq/core/safetensors_writer.h"
#include "rtfq/core/tensor.h"

namespace rtfq {

// A file's named tensors, kept as the bytes that were read. Copies share them.
// Immutable, so any number of threads may read.
class SafetensorsFile {
 public:
  struct Options {
    // Also demand the checksum that SafetensorsWriter stores and fail with
    // kDataLoss where it is missing or any byte of the file differs.
    bool verify_checksum = false;
  };

  // ReadFile's errors, or kInvalidArgument naming file and tensor for whatever
  // ParseSafetensorsHeader refuses, and for a file that is still compressed.
  static absl::StatusOr<SafetensorsFile> Read(const std::string& path,
                                              const Options& options);
  static absl::StatusOr<SafetensorsFile> Read(const std::string& path);
  // The same for bytes at hand; `name` stands for the path in messages.
  static absl::StatusOr<SafetensorsFile> Parse(std::string bytes,
                                               const std::string& name,
                                               const Options& options);
  static absl::StatusOr<SafetensorsFile> Parse(std::string bytes,
                                               const std::string& name);

  using Entries = std::map<std::string, SafetensorsEntry, std::less<>>;
  using Metadata = std::map<std::string, std::string, std::less<>>;

  // Tensors of another format, without metadata. The entries' bytes, shape
  // times type each, live as long as `bytes` does.
  static SafetensorsFile Of(std::shared_ptr<const std::string> bytes,
                            std::string name, Entries entries);

  const std::string& name() const { return name_; }
  const Entries& entries() const { return header_.entries; }
  const Metadata& metadata() const { return header_.metadata; }
  // nullptr if there is none of this name. Valid while any copy of this is.
  const SafetensorsEntry* Find(std::string_view name) const;

  // The readers below fail with kNotFound where there is no such tensor and
  // with kInvalidArgument where it has another type or shape; file and tensor
  // are named.

  // From F32, F64, F16 or BF16, rounded to f32; rank at most 4, a scalar has
  // shape [].
  absl::StatusOr<Tensor> ReadF32(std::string_view name) const;
  // The same into memory at hand, which must have the tensor's shape. Nothing
  // is written on failure.
  absl::Status CopyF32(std::string_view name, View<float> into) const;
  // From any type and shape, row-major; integers beyond 2^53 are rounded.
  absl::StatusOr<std::vector<double>> ReadDoubles(std::string_view name) const;
  // From integer types and BOOL. kInvalidArgument for a U64 beyond int64_t.
  absl::StatusOr<std::vector<int64_t>> ReadInts(std::string_view name) const;

 private:
  SafetensorsFile(std::shared_ptr<const std::string> bytes, std::string name,
                  SafetensorsHeader header);

  absl::StatusOr<const SafetensorsEntry*> Get(std::string_view name) const;
  absl::Status VerifyChecksum() const;
  absl::Status Error(std::string_view tensor, std::string_view problem) const;

  std::shared_ptr<const std::string> bytes_;
  std::string name_;
  SafetensorsHeader header_;
};

// "[64,3,7,7]", of any rank.
std::string ShapeToString(const std::vector<int64_t>& shape);

}  // namespace rtfq

#endif  // RTFQ_CORE_SAFETENSORS_H_
