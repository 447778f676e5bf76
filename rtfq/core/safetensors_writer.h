// Tensors in files: the safetensors format, written.
#ifndef RTFQ_CORE_SAFETENSORS_WRITER_H_
#define RTFQ_CORE_SAFETENSORS_WRITER_H_

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/dtype.h"
#include "rtfq/core/tensor.h"

namespace rtfq {

// Every file written here has the metadata entry `sha256`: the SHA-256 of the
// whole file with the entry's own 64 digits read as zeros. Covering the header
// too, it also catches a damaged name, shape or step number.
inline constexpr char kSafetensorsChecksumKey[] = "sha256";
inline constexpr std::string_view kNoSafetensorsChecksum =
    "0000000000000000000000000000000000000000000000000000000000000000";
// The entry as it stands in the header: "sha256":"<digits>". Nothing else in a
// header can read so, since quotes within strings are escaped.
std::string SafetensorsChecksumField(std::string_view digits);

// Collects tensors and writes them to one file. Equal contents give equal
// bytes, whatever the order of the calls: keys are sorted, and the data lies
// by element size, largest first, then by name, so that every tensor is
// aligned to its elements.
//
// Dense views are not copied: their elements must live, unchanged, until they
// are written. Views with gaps are copied at once. Adding a name twice, or
// "__metadata__", is a bug and CHECKs.
class SafetensorsWriter {
 public:
  SafetensorsWriter() = default;
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;
  SafetensorsWriter(SafetensorsWriter&&) = default;
  SafetensorsWriter& operator=(SafetensorsWriter&&) = default;

  void AddF32(std::string_view name, View<const float> values);
  void AddF64(std::string_view name, View<const double> values);
  void AddI64(std::string_view name, View<const int64_t> values);
  void AddI32(std::string_view name, View<const int32_t> values);
  void AddI8(std::string_view name, View<const int8_t> values);
  void AddU8(std::string_view name, View<const uint8_t> values);
  // A temporary tensor would be gone before it is written.
  void AddF32(std::string_view name, TensorOf<float>&& values) = delete;
  void AddF64(std::string_view name, TensorOf<double>&& values) = delete;
  void AddI64(std::string_view name, TensorOf<int64_t>&& values) = delete;
  void AddI32(std::string_view name, TensorOf<int32_t>&& values) = delete;
  void AddI8(std::string_view name, TensorOf<int8_t>&& values) = delete;
  void AddU8(std::string_view name, TensorOf<uint8_t>&& values) = delete;

  // Replaces an earlier value. The key "sha256" is taken and CHECKs.
  void SetMetadata(std::string_view key, std::string_view value);

  // Writes as WriteFileAtomically does, with its errors, streaming the tensors
  // from where they are. kInvalidArgument when a name or metadata is not UTF-8.
  absl::Status WriteAtomically(const std::string& path) const;
  // The same bytes in memory.
  absl::StatusOr<std::string> Serialize() const;

 private:
  struct Piece {
    DType dtype;
    Shape shape;
    std::string_view bytes;
  };
  using Named = std::map<std::string, Piece, std::less<>>;

  template <typename T>
  void Add(std::string_view name, DType dtype, View<const T> values);
  // The tensors in the order of their data.
  std::vector<const Named::value_type*> Layout() const;
  // Length and JSON, for a checksum of these digits.
  absl::StatusOr<std::string> Header(std::string_view digits) const;
  // All bytes of the file; `header` owns the first.
  absl::StatusOr<std::vector<std::string_view>> Pieces(
      std::string& header) const;

  Named tensors_;
  std::map<std::string, std::string, std::less<>> metadata_;
  std::list<std::string> copies_;  // of views with gaps; they stay in place
};

}  // namespace rtfq

#endif  // RTFQ_CORE_SAFETENSORS_WRITER_H_
