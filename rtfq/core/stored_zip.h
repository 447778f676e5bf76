// Zip archives whose entries are stored as they are, read in place.
#ifndef RTFQ_CORE_STORED_ZIP_H_
#define RTFQ_CORE_STORED_ZIP_H_

#include <cstddef>
#include <map>
#include <string_view>

#include "absl/status/statusor.h"

namespace rtfq {

// An entry; `bytes` lies in the archive, from its byte `at` on.
struct StoredZipEntry {
  std::string_view bytes;
  size_t at = 0;
};
// By name, which lies in the archive too.
using StoredZip = std::map<std::string_view, StoredZipEntry>;

// Whether these are the first bytes of a zip archive.
bool LooksLikeZip(std::string_view file);

// All entries of an archive in PKWARE's APPNOTE.TXT 6.3.9, zip64 included.
//
// kInvalidArgument naming the entry, or the byte, for: compressed and encrypted
// entries (saying so), archives in several parts, names given twice, entries
// that are cut off or overlap each other or the directory, a local header of
// another name than the directory has, and bytes whose CRC-32 is not the stored
// one. Nothing is copied; memory used is within a small factor of the
// directory's length.
absl::StatusOr<StoredZip> ReadStoredZip(std::string_view file);

}  // namespace rtfq

#endif  // RTFQ_CORE_STORED_ZIP_H_
