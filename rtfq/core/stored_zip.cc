#include "rtfq/core/stored_zip.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/byte_reader.h"
#include "rtfq/core/safetensors_json.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

constexpr std::string_view kLocalSignature = "PK\x03\x04";
constexpr std::string_view kCentralSignature = "PK\x01\x02";
constexpr std::string_view kEndSignature = "PK\x05\x06";
constexpr std::string_view kEnd64Signature = "PK\x06\x06";
constexpr std::string_view kLocator64Signature = "PK\x06\x07";
constexpr size_t kEndBytes = 22;
constexpr size_t kLocator64Bytes = 20;
constexpr uint64_t kIn64 = 0xffffffff;  // the number is in the zip64 field

// Where the directory lies and what it should hold.
struct Directory {
  uint64_t entries = 0;
  uint64_t bytes = 0;
  uint64_t at = 0;
};

// An entry as the directory has it.
struct Record {
  std::string_view name;
  uint64_t flags = 0;
  uint64_t method = 0;
  uint64_t crc = 0;
  uint64_t stored = 0;
  uint64_t size = 0;
  uint64_t header_at = 0;
  uint64_t end = 0;  // of the bytes
};

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

// Reads little-endian numbers of the given sizes into those given.
struct Field {
  uint64_t* value;  // nullptr: not wanted
  int bytes;
};
absl::Status TakeFields(ByteReader& reader, std::initializer_list<Field> all) {
  for (const Field& field : all) {
    RTFQ_ASSIGN_OR_RETURN(const uint64_t value,
                          reader.TakeUnsigned(field.bytes));
    if (field.value != nullptr) *field.value = value;
  }
  return absl::OkStatus();
}

absl::Status TakeSignature(ByteReader& reader, std::string_view wanted) {
  const size_t at = reader.at();
  RTFQ_ASSIGN_OR_RETURN(const std::string_view found, reader.Take(4));
  if (found == wanted) return absl::OkStatus();
  return Invalid(absl::StrCat("no header of a zip entry at byte ", at));
}

// CRC-32 of IEEE 802.3, reflected.
uint32_t Crc32(std::string_view bytes) {
  static constexpr auto kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) {
        crc = crc >> 1 ^ (crc % 2 != 0 ? 0xedb88320u : 0);
      }
      table[i] = crc;
    }
    return table;
  }();
  uint32_t crc = ~uint32_t{0};
  for (const char byte : bytes) {
    crc = crc >> 8 ^ kTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  }
  return ~crc;
}

// The end record is the last thing in the file, but for a comment it counts.
absl::StatusOr<size_t> FindEnd(std::string_view file) {
  constexpr size_t kLongestComment = 65535;
  for (size_t comment = 0; comment <= kLongestComment; ++comment) {
    if (file.size() < kEndBytes + comment) break;
    const size_t at = file.size() - kEndBytes - comment;
    if (file.substr(at, 4) != kEndSignature) continue;
    RTFQ_ASSIGN_OR_RETURN(const uint64_t stated,
                          ByteReader(file, at + 20).TakeUnsigned(2));
    if (stated == comment) return at;
  }
  return Invalid(
      "truncated: the directory at the end of a zip archive is missing");
}

// Zip64's end record stands before the other one and has wider numbers.
absl::Status ReadEnd64(std::string_view file, size_t end, Directory& found) {
  if (end < kLocator64Bytes) return absl::OkStatus();
  ByteReader locator(file, end - kLocator64Bytes);
  if (file.substr(locator.at(), 4) != kLocator64Signature) {
    return absl::OkStatus();
  }
  uint64_t at = 0, disk = 0, parts = 0;
  RTFQ_RETURN_IF_ERROR(
      TakeFields(locator, {{nullptr, 4}, {&disk, 4}, {&at, 8}, {&parts, 4}}));
  if (at >= end) return Invalid("the zip64 directory is not within the file");
  ByteReader reader(file, at);
  RTFQ_RETURN_IF_ERROR(TakeSignature(reader, kEnd64Signature));
  return TakeFields(reader, {{nullptr, 8},
                             {nullptr, 2},
                             {nullptr, 2},
                             {nullptr, 4},
                             {nullptr, 4},
                             {nullptr, 8},
                             {&found.entries, 8},
                             {&found.bytes, 8},
                             {&found.at, 8}});
}

absl::StatusOr<Directory> ReadEnd(std::string_view file) {
  RTFQ_ASSIGN_OR_RETURN(const size_t end, FindEnd(file));
  ByteReader reader(file, end + kEndSignature.size());
  Directory found;
  uint64_t disk = 0, first_disk = 0, entries_here = 0;
  RTFQ_RETURN_IF_ERROR(TakeFields(reader, {{&disk, 2},
                                           {&first_disk, 2},
                                           {&entries_here, 2},
                                           {&found.entries, 2},
                                           {&found.bytes, 4},
                                           {&found.at, 4}}));
  if (disk != first_disk || entries_here != found.entries) {
    return Invalid("is one part of a zip archive in several");
  }
  RTFQ_RETURN_IF_ERROR(ReadEnd64(file, end, found));
  if (found.at > end || found.bytes > end - found.at) {
    return Invalid(absl::StrCat("the zip archive's directory of ", found.bytes,
                                " bytes at byte ", found.at,
                                " is not within the file"));
  }
  return found;
}

// The numbers that do not fit the record are in its extra field 1, in order.
absl::Status ReadExtra64(std::string_view extra, Record& record) {
  ByteReader reader(extra, 0);
  while (reader.left() >= 4) {
    uint64_t kind = 0, size = 0;
    RTFQ_RETURN_IF_ERROR(TakeFields(reader, {{&kind, 2}, {&size, 2}}));
    RTFQ_ASSIGN_OR_RETURN(const std::string_view field, reader.Take(size));
    if (kind != 1) continue;
    ByteReader wide(field, 0);
    for (uint64_t* number : {&record.size, &record.stored, &record.header_at}) {
      if (*number != kIn64) continue;
      RTFQ_RETURN_IF_ERROR(TakeFields(wide, {{number, 8}}));
    }
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<Record> TakeRecord(ByteReader& reader) {
  RTFQ_RETURN_IF_ERROR(TakeSignature(reader, kCentralSignature));
  Record record;
  uint64_t name = 0, extra = 0, comment = 0;
  RTFQ_RETURN_IF_ERROR(TakeFields(reader, {{nullptr, 4},
                                           {&record.flags, 2},
                                           {&record.method, 2},
                                           {nullptr, 4},
                                           {&record.crc, 4},
                                           {&record.stored, 4},
                                           {&record.size, 4},
                                           {&name, 2},
                                           {&extra, 2},
                                           {&comment, 2},
                                           {nullptr, 2},
                                           {nullptr, 6},
                                           {&record.header_at, 4}}));
  RTFQ_ASSIGN_OR_RETURN(record.name, reader.Take(name));
  RTFQ_ASSIGN_OR_RETURN(const std::string_view extras, reader.Take(extra));
  RTFQ_RETURN_IF_ERROR(reader.Take(comment).status());
  RTFQ_RETURN_IF_ERROR(ReadExtra64(extras, record));
  return record;
}

// Finds the entry's bytes by its local header.
absl::StatusOr<StoredZipEntry> Locate(std::string_view file, Record& record) {
  if (record.flags % 2 != 0) return Invalid("is encrypted");
  if (record.method != 0 || record.stored != record.size) {
    return Invalid(absl::StrCat(
        "is compressed (method ", record.method,
        "), which torch.save never does; unpack the archive and pack it again "
        "without compression: zip -0"));
  }
  ByteReader reader(file, record.header_at);
  RTFQ_RETURN_IF_ERROR(TakeSignature(reader, kLocalSignature));
  uint64_t name = 0, extra = 0;
  RTFQ_RETURN_IF_ERROR(
      TakeFields(reader, {{nullptr, 8}, {nullptr, 8}, {nullptr, 6}}));
  RTFQ_RETURN_IF_ERROR(TakeFields(reader, {{&name, 2}, {&extra, 2}}));
  RTFQ_ASSIGN_OR_RETURN(const std::string_view local, reader.Take(name));
  if (local != record.name) {
    return Invalid(absl::StrCat("its local header has another name, ",
                                QuotedForMessage(local)));
  }
  RTFQ_RETURN_IF_ERROR(reader.Take(extra).status());
  StoredZipEntry entry{{}, reader.at()};
  RTFQ_ASSIGN_OR_RETURN(entry.bytes, reader.Take(record.size));
  record.end = reader.at();
  return entry;
}

absl::Status CheckOverlap(std::vector<Record>& records, uint64_t directory_at) {
  std::sort(records.begin(), records.end(),
            [](const Record& a, const Record& b) {
              return a.header_at < b.header_at;
            });
  for (size_t i = 0; i < records.size(); ++i) {
    const uint64_t next =
        i + 1 < records.size() ? records[i + 1].header_at : directory_at;
    if (records[i].end <= next) continue;
    return Invalid(absl::StrCat("zip entry ", QuotedForMessage(records[i].name),
                                ": reaches into what follows it at byte ",
                                next));
  }
  return absl::OkStatus();
}

}  // namespace

bool LooksLikeZip(std::string_view file) {
  return file.substr(0, 4) == kLocalSignature;
}

absl::StatusOr<StoredZip> ReadStoredZip(std::string_view file) {
  RTFQ_ASSIGN_OR_RETURN(const Directory directory, ReadEnd(file));
  ByteReader reader(file.substr(0, directory.at + directory.bytes),
                    directory.at);
  StoredZip zip;
  std::vector<Record> records;
  while (reader.left() > 0) {
    absl::StatusOr<Record> taken = TakeRecord(reader);
    if (!taken.ok()) {
      return Annotate(taken.status(), "the zip archive's directory");
    }
    Record& record = *taken;
    absl::StatusOr<StoredZipEntry> entry = Locate(file, record);
    const std::string where =
        absl::StrCat("zip entry ", QuotedForMessage(record.name));
    if (!entry.ok()) return Annotate(entry.status(), where);
    if (!zip.emplace(record.name, *entry).second) {
      return Invalid(absl::StrCat(where, ": is there twice"));
    }
    records.push_back(record);
  }
  if (records.size() != directory.entries) {
    return Invalid(absl::StrCat("the zip archive's directory has ",
                                records.size(), " entries, but says ",
                                directory.entries));
  }
  RTFQ_RETURN_IF_ERROR(CheckOverlap(records, directory.at));
  // Only now: no byte is in two entries, so that each is read once.
  for (const Record& record : records) {
    if (Crc32(zip.at(record.name).bytes) == record.crc) continue;
    return Invalid(absl::StrCat("zip entry ", QuotedForMessage(record.name),
                                ": is damaged: its CRC-32 is not the stored "
                                "one"));
  }
  return zip;
}

}  // namespace rtfq
