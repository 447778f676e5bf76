// PyTorch checkpoints put together by hand, right or wrong.
#ifndef TESTS_CORE_TORCH_BYTES_H_
#define TESTS_CORE_TORCH_BYTES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/core/zip_bytes.h"

namespace rtfq {

// Pieces of pickles.
inline std::string Text(const std::string& text) {
  return "X" + Number(text.size(), 4) + text;
}
inline std::string Int(int64_t value) {
  return "\x8a\x08" + Number(static_cast<uint64_t>(value), 8);
}
inline std::string Ints(const std::vector<int64_t>& values) {
  std::string tuple = "(";
  for (const int64_t value : values) tuple += Int(value);
  return tuple + "t";
}
inline std::string Name(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string StorageRef(const std::string& key, int64_t count,
                              const std::string& type = "FloatStorage") {
  return "(" + Text("storage") + Name("torch", type) + Text(key) + Text("cpu") +
         Int(count) + "tQ";
}
// A tensor over a storage of `count` elements.
inline std::string TensorCall(const std::string& key, int64_t count,
                              int64_t offset, const std::vector<int64_t>& shape,
                              const std::vector<int64_t>& strides,
                              const std::string& type = "FloatStorage") {
  return Name("torch._utils", "_rebuild_tensor_v2") + "(" +
         StorageRef(key, count, type) + Int(offset) + Ints(shape) +
         Ints(strides) + "\x89}tR";
}
// A pickle of a dict of names and values.
inline std::string Dict(
    const std::vector<std::pair<std::string, std::string>>& items) {
  std::string pickle = "\x80\x02}(";
  for (const auto& [name, value] : items) pickle += Text(name) + value;
  return pickle + "u.";
}

struct StorageBytes {
  std::string key;
  uint64_t count;
  std::string bytes;
};

inline std::string TorchZip(const std::string& pickle,
                            const std::vector<StorageBytes>& storages) {
  ZipBytes zip;
  zip.Add("x/data.pkl", pickle);
  zip.Add("x/byteorder", "little");
  for (const StorageBytes& storage : storages) {
    zip.Add("x/data/" + storage.key, storage.bytes);
  }
  return zip.Finish();
}

inline const std::string& LegacyPreamble() {
  static const std::string* const kPreamble = new std::string(
      "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19."
      "\x80\x02M\xe9\x03." +
      Dict({{"protocol_version", Int(1001)}, {"little_endian", "\x88"}}));
  return *kPreamble;
}

// `begin` comes before the object's pickle.
inline std::string TorchLegacy(const std::string& pickle,
                               const std::vector<StorageBytes>& storages,
                               const std::string& begin = LegacyPreamble()) {
  std::string keys = "\x80\x02](", data;
  for (const StorageBytes& storage : storages) {
    keys += Text(storage.key);
    data += Number(storage.count, 8) + storage.bytes;
  }
  return begin + pickle + keys + "e." + data;
}

}  // namespace rtfq

#endif  // TESTS_CORE_TORCH_BYTES_H_
