// What torch.save writes, opened: the object's pickle and the storages that its
// tensors are views of.
#ifndef RTFQ_CORE_TORCH_CONTAINER_H_
#define RTFQ_CORE_TORCH_CONTAINER_H_

#include <cstdint>
#include <map>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/dtype.h"
#include "rtfq/core/pickle_value.h"

namespace rtfq {

// The names that such a pickle may have, beside those of storages.
inline constexpr std::string_view kOrderedDict = "collections.OrderedDict";
inline constexpr std::string_view kParameter = "torch.nn.parameter.Parameter";
inline constexpr std::string_view kRebuildParameter =
    "torch._utils._rebuild_parameter";
inline constexpr std::string_view kRebuildTensor =
    "torch._utils._rebuild_tensor";
inline constexpr std::string_view kRebuildTensorV2 =
    "torch._utils._rebuild_tensor_v2";

// `count` elements one behind the other; `bytes` lies in the file.
struct TorchStorage {
  DType dtype = DType::kF32;
  int64_t count = 0;
  std::string_view bytes;
};

struct TorchContainer {
  Pickle object;
  // By key. Every persistent value of `object` names one of these.
  std::map<std::string_view, TorchStorage> storages;
};

// Whether these are the first bytes of a file of torch.save, in either format,
// or of another pickle or zip archive, and not of a safetensors file.
bool LooksLikeTorch(std::string_view file);

// Opens a file in the format of PyTorch 1.6 and later (a zip archive of
// <name>/data.pkl and <name>/data/<key>) or in the one before (five pickles,
// then each storage's count as int64 and its elements), as torch/serialization
// of PyTorch 1.13 writes both. All is little-endian. The views in the result
// point into `file`.
//
// kInvalidArgument, naming byte, entry or storage, for what ReadPickle and
// ReadStoredZip refuse, other globals than those above and the storages' types,
// big-endian files, and storages that are missing, of another length than the
// pickle says, or of two types.
absl::StatusOr<TorchContainer> ReadTorchContainer(std::string_view file);

// The key in a persistent value of a container.
std::string_view TorchStorageKey(const Pickle& object, PickleRef persistent);

}  // namespace rtfq

#endif  // RTFQ_CORE_TORCH_CONTAINER_H_
