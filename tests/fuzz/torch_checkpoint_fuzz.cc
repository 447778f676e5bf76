// Any bytes are a checkpoint whose tensors can be read, or one line says why
// not.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/core/torch_checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<rtfq::SafetensorsFile> file = rtfq::ParseTorchCheckpoint(
      std::string(reinterpret_cast<const char*>(data), size), "input");
  if (!file.ok()) {
    const std::string message(file.status().message());
    RTFQ_CHECK(message.rfind("input: ", 0) == 0);
    RTFQ_CHECK(message.find('\n') == std::string::npos);
    return 0;
  }
  size_t bytes = 0;
  for (const auto& [name, entry] : file->entries()) {
    const absl::StatusOr<std::vector<double>> values = file->ReadDoubles(name);
    RTFQ_CHECK(values.ok());
    int64_t count = 1;
    for (const int64_t dim : entry.shape) count *= dim;
    RTFQ_CHECK(static_cast<int64_t>(values->size()) == count);
    bytes += entry.bytes.size();
  }
  RTFQ_CHECK(bytes <= 4 * size);
  return 0;
}
