#include "rtfq/tools/weight_file.h"

#include <utility>

#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/core/torch_checkpoint.h"
#include "rtfq/core/torch_container.h"

namespace rtfq {

absl::StatusOr<SafetensorsFile> ReadWeightFile(const std::string& path) {
  RTFQ_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  return LooksLikeTorch(bytes) ? ParseTorchCheckpoint(std::move(bytes), path)
                               : SafetensorsFile::Parse(std::move(bytes), path);
}

}  // namespace rtfq
