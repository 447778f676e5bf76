// Whole files, read with a bound and written so that a crash loses nothing.
#ifndef RTFQ_CORE_FILE_H_
#define RTFQ_CORE_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rtfq {

// The file's bytes. kNotFound, kPermissionDenied or kUnavailable with the path
// and the system's reason; kInvalidArgument for a folder or device;
// kResourceExhausted when it holds more than `max_bytes`, before anything of
// that size is allocated.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     int64_t max_bytes = int64_t{1} << 34);

// Writes `path`.tmp, flushes it to the disk and renames it to `path`: readers
// see the old bytes or the new ones, never a part. On any error the old file is
// untouched and the temporary one removed: kResourceExhausted for a full disk,
// else as ReadFile. One writer at a time for one path.
absl::Status WriteFileAtomically(const std::string& path,
                                 std::string_view bytes);
// The same for bytes in several pieces, written one after the other.
absl::Status WriteFileAtomically(const std::string& path,
                                 const std::vector<std::string_view>& pieces);

// Creates the folder and those above it; an existing one is fine. kNotFound
// where a file is in the way, else as WriteFileAtomically.
absl::Status MakeFolders(const std::string& path);

}  // namespace rtfq

#endif  // RTFQ_CORE_FILE_H_
