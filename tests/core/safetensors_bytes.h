// Safetensors files put together by hand, right or wrong.
#ifndef TESTS_CORE_SAFETENSORS_BYTES_H_
#define TESTS_CORE_SAFETENSORS_BYTES_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace rtfq {

// 8 bytes of little-endian `length`, the header, the data.
inline std::string FileWithLength(uint64_t length, std::string_view json,
                                  std::string_view data) {
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  return file.append(json).append(data);
}

inline std::string FileOf(std::string_view json, std::string_view data = "") {
  return FileWithLength(json.size(), json, data);
}

// The bytes of a value, as files have them.
template <typename T>
std::string BytesOf(T value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

}  // namespace rtfq

#endif  // TESTS_CORE_SAFETENSORS_BYTES_H_
