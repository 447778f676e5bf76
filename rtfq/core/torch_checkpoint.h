// Tensors in files: PyTorch's checkpoints (.pth, .pt), read without running
// anything of them.
#ifndef RTFQ_CORE_TORCH_CHECKPOINT_H_
#define RTFQ_CORE_TORCH_CHECKPOINT_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/safetensors.h"

namespace rtfq {

// The named tensors of a state dict that torch.save wrote, in the format of
// PyTorch 1.6 and later or the one before (ReadTorchContainer). The state dict
// is the whole object, or its "state_dict" or "model" where that is a dict. Its
// names lose "module." (DataParallel's) where all begin so. Tensors may be
// views with strides into storages that they share; they come out row-major, of
// their own type, and share the file's bytes where these lie so already. Beside
// them nothing of the object is kept. `name` stands for the path in messages.
//
// kInvalidArgument naming file, and byte, entry, storage or tensor, for: what
// ReadTorchContainer refuses; an object that is no such dict; entries without a
// text for a name, of a name given twice, or that are no tensor; tensors that
// reach beyond their storage; and tensors that take more than four times the
// file's bytes together, as only a hostile file's do. Memory used besides
// `bytes` is within the same bound.
absl::StatusOr<SafetensorsFile> ParseTorchCheckpoint(std::string bytes,
                                                     const std::string& name);

}  // namespace rtfq

#endif  // RTFQ_CORE_TORCH_CHECKPOINT_H_
