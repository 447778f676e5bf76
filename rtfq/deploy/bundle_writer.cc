#include "rtfq/deploy/bundle_writer.h"

#include <string_view>
#include <utility>

#include "rtfq/core/file.h"
#include "rtfq/core/sha256.h"
#include "rtfq/deploy/bundle_layout.h"

namespace rtfq {
namespace {

void AppendLittleEndian(uint64_t value, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  }
}

}  // namespace

int32_t BundleWriter::AddSection(const std::string& name, std::string bytes) {
  BundleSection& section = *header_.add_sections();
  section.set_name(name);
  section.set_offset(size_);
  section.set_size(static_cast<int64_t>(bytes.size()));
  section.set_sha256(Sha256Hex(bytes));
  bytes.resize(
      static_cast<size_t>(AlignedUp(static_cast<int64_t>(bytes.size()))));
  size_ += static_cast<int64_t>(bytes.size());
  sections_.push_back(std::move(bytes));
  return header_.sections_size() - 1;
}

std::string BundleWriter::Start() const {
  BundleHeader header = header_;
  header.set_version(kBundleVersion);
  const std::string text = header.SerializeAsString();
  std::string start(kBundleMagic, kBundleMagicBytes);
  AppendLittleEndian(kBundleVersion, 4, start);
  AppendLittleEndian(0, 4, start);
  AppendLittleEndian(text.size(), 8, start);
  start += Sha256Hex(text);
  start += text;
  start.resize(
      static_cast<size_t>(AlignedUp(static_cast<int64_t>(start.size()))));
  return start;
}

std::string BundleWriter::Serialize() const {
  std::string all = Start();
  for (const std::string& section : sections_) all += section;
  return all;
}

absl::Status BundleWriter::WriteAtomically(const std::string& path) const {
  const std::string start = Start();
  std::vector<std::string_view> pieces = {start};
  pieces.insert(pieces.end(), sections_.begin(), sections_.end());
  return WriteFileAtomically(path, pieces);
}

}  // namespace rtfq
