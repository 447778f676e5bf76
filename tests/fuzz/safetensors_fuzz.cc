// A safetensors file: refused in one line, or every tensor can be read.
#include <cstddef>
#include <cstdint>
#include <string>

#include "rtfq/core/check.h"
#include "rtfq/core/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = rtfq::SafetensorsFile::Parse(
      std::string(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!file.ok()) {
    RTFQ_CHECK(file.status().message().find('\n') == std::string::npos);
    return 0;
  }
  for (const auto& [name, entry] : file->entries()) {
    const auto values = file->ReadDoubles(name);
    RTFQ_CHECK(!values.ok() ||
               static_cast<int64_t>(values->size()) == entry.count());
    file->ReadF32(name).status().IgnoreError();
    file->ReadInts(name).status().IgnoreError();
  }
  return 0;
}
