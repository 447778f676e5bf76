// A file's bytes without reading them first.
#ifndef RTFQ_CORE_MAPPED_FILE_H_
#define RTFQ_CORE_MAPPED_FILE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace rtfq {

// A read-only private mapping of a whole file: pages come into memory when they
// are touched and are shared by all processes that map the file. The file must
// not shrink meanwhile (replace it by renaming, as WriteFileAtomically does).
class MappedFile {
 public:
  // kNotFound, kPermissionDenied or kUnavailable with the path and the system's
  // reason; kInvalidArgument for a folder, device or empty file.
  static absl::StatusOr<std::unique_ptr<MappedFile>> Open(
      const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const {
    return {static_cast<const char*>(data_), size_};
  }
  // Lets go of the pages read so far: they come back when touched.
  void ReleasePages() const;

 private:
  MappedFile(void* data, size_t size) : data_(data), size_(size) {}

  void* const data_;
  const size_t size_;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_MAPPED_FILE_H_
