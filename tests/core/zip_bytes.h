// Zip archives put together by hand, right or wrong.
#ifndef TESTS_CORE_ZIP_BYTES_H_
#define TESTS_CORE_ZIP_BYTES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace rtfq {

// `value` in `bytes` little-endian bytes.
inline std::string Number(uint64_t value, int bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8) {
    text.push_back(static_cast<char>(value & 0xff));
  }
  return text;
}

// CRC-32 bit by bit.
inline uint32_t SlowCrc32(std::string_view bytes) {
  uint32_t crc = ~uint32_t{0};
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc % 2 != 0 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
  }
  return ~crc;
}

// Writes entries one behind the other; what an entry is said to be may be
// changed between calls.
class ZipBytes {
 public:
  uint64_t flags = 0;
  uint64_t method = 0;
  uint64_t crc_error = 0;       // added to the CRC
  uint64_t size_error = 0;      // added to both sizes
  bool wide = false;            // sizes and place in a zip64 field
  std::string local_name = {};  // if not the directory's

  void Add(const std::string& name, const std::string& bytes) {
    const uint64_t at = file_.size();
    const std::string& local = local_name.empty() ? name : local_name;
    // Data descriptor flag, and so no sizes: as PyTorch writes.
    file_ += "PK\x03\x04" + Number(20, 2) + Number(8, 2) + Number(method, 2) +
             Number(0, 16) + Number(local.size(), 2) + Number(3, 2) + local +
             "pad" + bytes;
    AddRecord(name, bytes, at);
  }
  // Another record of the directory, whose local header is at `at`.
  void AddRecord(const std::string& name, const std::string& bytes,
                 uint64_t at) {
    const uint64_t size = bytes.size() + size_error;
    const std::string extra =
        wide
            ? Number(9, 2) + Number(1, 2) + "x" + Number(1, 2) + Number(24, 2) +
                  Number(size, 8) + Number(size, 8) + Number(at, 8)
            : "";
    const uint64_t shown = wide ? 0xffffffff : size;
    directory_ += "PK\x01\x02" + Number(20, 2) + Number(20, 2) +
                  Number(flags, 2) + Number(method, 2) + Number(0, 4) +
                  Number(SlowCrc32(bytes) + crc_error, 4) + Number(shown, 4) +
                  Number(shown, 4) + Number(name.size(), 2) +
                  Number(extra.size(), 2) + Number(0, 2) + Number(0, 2) +
                  Number(0, 6) + Number(wide ? 0xffffffff : at, 4) + name +
                  extra;
    ++entries_;
  }

  std::string Finish(const std::string& comment = "", int miscount = 0) const {
    const uint64_t count = entries_ + miscount;
    return file_ + directory_ + End(count, directory_.size(), file_.size()) +
           Number(comment.size(), 2) + comment;
  }
  // With the numbers in zip64's end record only.
  std::string Finish64() const {
    const uint64_t at = file_.size() + directory_.size();
    return file_ + directory_ + "PK\x06\x06" + Number(44, 8) + Number(45, 2) +
           Number(45, 2) + Number(0, 8) + Number(entries_, 8) +
           Number(entries_, 8) + Number(directory_.size(), 8) +
           Number(file_.size(), 8) + "PK\x06\x07" + Number(0, 4) +
           Number(at, 8) + Number(1, 4) + End(0xffff, 0xffffffff, 0xffffffff) +
           Number(0, 2);
  }

 private:
  static std::string End(uint64_t count, uint64_t bytes, uint64_t at) {
    return "PK\x05\x06" + Number(0, 4) + Number(count, 2) + Number(count, 2) +
           Number(bytes, 4) + Number(at, 4);
  }

  std::string file_;
  std::string directory_;
  uint64_t entries_ = 0;
};

}  // namespace rtfq

#endif  // TESTS_CORE_ZIP_BYTES_H_
