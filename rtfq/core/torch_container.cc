#include "rtfq/core/torch_container.h"

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/core/byte_reader.h"
#include "rtfq/core/pickle.h"
#include "rtfq/core/safetensors_json.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/core/stored_zip.h"

namespace rtfq {
namespace {

using Kind = PickleValue::Kind;
using Storages = std::map<std::string_view, TorchStorage>;

struct StorageType {
  std::string_view name;
  DType dtype;
};
constexpr StorageType kStorageTypes[] = {
    {"torch.FloatStorage", DType::kF32},
    {"torch.DoubleStorage", DType::kF64},
    {"torch.HalfStorage", DType::kF16},
    {"torch.BFloat16Storage", DType::kBF16},
    {"torch.LongStorage", DType::kI64},
    {"torch.IntStorage", DType::kI32},
    {"torch.ShortStorage", DType::kI16},
    {"torch.CharStorage", DType::kI8},
    {"torch.ByteStorage", DType::kU8},
    {"torch.BoolStorage", DType::kBool},
};

constexpr auto kGlobals = [] {
  std::array<std::string_view, 5 + std::size(kStorageTypes)> names = {
      kOrderedDict, kRebuildTensorV2, kRebuildTensor, kRebuildParameter,
      kParameter};
  size_t next = 5;
  for (const StorageType& type : kStorageTypes) names[next++] = type.name;
  return names;
}();

// 0x1950a86a20f9469cfc6c, torch.serialization.MAGIC_NUMBER, little-endian.
constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr int64_t kProtocol = 1001;

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

absl::Status StorageError(std::string_view key, const std::string& problem) {
  return Invalid(
      absl::StrCat("storage ", QuotedForMessage(key), ": ", problem));
}

std::optional<DType> DTypeOf(const PickleValue& global) {
  if (global.kind != Kind::kGlobal) return std::nullopt;
  for (const StorageType& type : kStorageTypes) {
    if (global.text == type.name) return type.dtype;
  }
  return std::nullopt;
}

// What a persistent value says: ('storage', type, key, location, count) and,
// before PyTorch 1.6, whether it is a part of another storage.
absl::Status AddStorage(const Pickle& object, const PickleValue& persistent,
                        Storages& storages) {
  const PickleValue& id = object[persistent.arguments];
  const auto& part = [&](size_t i) -> const PickleValue& {
    return object[id.items[i]];
  };
  if (id.kind != Kind::kTuple || id.items.size() < 5 || id.items.size() > 6 ||
      part(0).kind != Kind::kText || part(0).text != "storage" ||
      part(2).kind != Kind::kText || part(4).kind != Kind::kInt) {
    return Invalid(
        "a reference to something other than ('storage', type, key, location, "
        "number of elements)");
  }
  const std::string_view key = part(2).text;
  const std::optional<DType> dtype = DTypeOf(part(1));
  if (!dtype.has_value()) return StorageError(key, "has no type of a storage");
  if (id.items.size() == 6 && part(5).kind != Kind::kNone) {
    return StorageError(
        key, "is a part of another one, as only PyTorch before 0.2 wrote it");
  }
  const TorchStorage storage{*dtype, part(4).integer, {}};
  if (storage.count < 0 ||
      storage.count > std::numeric_limits<int64_t>::max() / SizeOf(*dtype)) {
    return StorageError(
        key, absl::StrCat("cannot have ", storage.count, " elements"));
  }
  const TorchStorage& known = storages.emplace(key, storage).first->second;
  if (known.dtype == storage.dtype && known.count == storage.count) {
    return absl::OkStatus();
  }
  return StorageError(key, "is described in two ways");
}

absl::StatusOr<Storages> StoragesOf(const Pickle& object) {
  Storages storages;
  for (const PickleValue& value : object.values) {
    if (value.kind != Kind::kPersistent) continue;
    RTFQ_RETURN_IF_ERROR(AddStorage(object, value, storages));
  }
  return storages;
}

int64_t BytesOf(const TorchStorage& storage) {
  return storage.count * SizeOf(storage.dtype);
}

// <name>/data.pkl; there is one.
absl::StatusOr<std::string> FindName(const StoredZip& zip) {
  constexpr std::string_view kPickle = "/data.pkl";
  std::optional<std::string> found;
  for (const auto& [path, entry] : zip) {
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos || path.substr(slash) != kPickle) {
      continue;
    }
    if (found.has_value()) return Invalid("has two entries <name>/data.pkl");
    found = path.substr(0, slash);
  }
  if (found.has_value()) return *found;
  return Invalid(
      "is a zip archive, but not of torch.save: has no entry <name>/data.pkl");
}

absl::StatusOr<TorchContainer> ReadZip(std::string_view file) {
  RTFQ_ASSIGN_OR_RETURN(const StoredZip zip, ReadStoredZip(file));
  RTFQ_ASSIGN_OR_RETURN(const std::string name, FindName(zip));
  const auto order = zip.find(name + "/byteorder");
  if (order != zip.end() && order->second.bytes != "little") {
    return Invalid(absl::StrCat("its byte order is ",
                                QuotedForMessage(order->second.bytes),
                                "; only 'little' is read"));
  }
  const StoredZipEntry& pickle = zip.at(name + "/data.pkl");
  TorchContainer container;
  RTFQ_ASSIGN_OR_RETURN(
      container.object,
      ReadPickle(file.substr(0, pickle.at + pickle.bytes.size()), pickle.at,
                 kGlobals));
  RTFQ_ASSIGN_OR_RETURN(container.storages, StoragesOf(container.object));
  for (auto& [key, storage] : container.storages) {
    const auto entry = zip.find(std::string(name).append("/data/").append(key));
    if (entry == zip.end()) {
      return StorageError(key, "the archive has no entry of it");
    }
    storage.bytes = entry->second.bytes;
    if (static_cast<int64_t>(storage.bytes.size()) != BytesOf(storage)) {
      return StorageError(
          key, absl::StrCat("its entry has ", storage.bytes.size(),
                            " bytes, but ", storage.count, " elements of ",
                            NameOf(storage.dtype), " are ", BytesOf(storage)));
    }
  }
  return container;
}

// The value of a text key, or nullptr.
const PickleValue* Find(const Pickle& pickle, std::string_view key) {
  const PickleValue& dict = pickle[pickle.root];
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& found = pickle[dict.items[i]];
    if (found.kind == Kind::kText && found.text == key) {
      return &pickle[dict.items[i + 1]];
    }
  }
  return nullptr;
}

// Magic number, protocol and the writer's machine; returns where they end.
absl::StatusOr<size_t> CheckPreamble(std::string_view file) {
  RTFQ_ASSIGN_OR_RETURN(const Pickle magic, ReadPickle(file, 0, kGlobals));
  const PickleValue& number = magic[magic.root];
  if (number.kind != Kind::kLongInt || number.text != kMagic) {
    return Invalid(
        "is a pickle, but not of torch.save, whose magic number it lacks");
  }
  RTFQ_ASSIGN_OR_RETURN(const Pickle protocol,
                        ReadPickle(file, magic.end, kGlobals));
  const PickleValue& version = protocol[protocol.root];
  if (version.kind != Kind::kInt || version.integer != kProtocol) {
    return Invalid(absl::StrCat("its protocol is not ", kProtocol));
  }
  RTFQ_ASSIGN_OR_RETURN(const Pickle machine,
                        ReadPickle(file, protocol.end, kGlobals));
  const PickleValue* little = Find(machine, "little_endian");
  if (little == nullptr || little->kind != Kind::kBool ||
      little->integer == 0) {
    return Invalid("was not written on a little-endian machine");
  }
  return machine.end;
}

// The elements of one storage, behind the pickles.
absl::Status TakeStorage(ByteReader& reader, TorchStorage& storage) {
  const size_t at = reader.at();
  RTFQ_ASSIGN_OR_RETURN(const uint64_t count, reader.TakeUnsigned(8));
  if (count != static_cast<uint64_t>(storage.count)) {
    return Invalid(absl::StrCat("byte ", at, " says ", count,
                                " elements, but the pickle ", storage.count));
  }
  RTFQ_ASSIGN_OR_RETURN(storage.bytes, reader.Take(BytesOf(storage)));
  return absl::OkStatus();
}

absl::StatusOr<TorchContainer> ReadLegacy(std::string_view file) {
  RTFQ_ASSIGN_OR_RETURN(const size_t begin, CheckPreamble(file));
  TorchContainer container;
  RTFQ_ASSIGN_OR_RETURN(container.object, ReadPickle(file, begin, kGlobals));
  RTFQ_ASSIGN_OR_RETURN(container.storages, StoragesOf(container.object));
  RTFQ_ASSIGN_OR_RETURN(const Pickle keys,
                        ReadPickle(file, container.object.end, kGlobals));
  const std::vector<PickleRef>& list = keys[keys.root].items;
  ByteReader reader(file, keys.end);
  size_t taken = 0;
  for (const PickleRef ref : list) {
    const auto found = container.storages.find(keys[ref].text);
    if (keys[ref].kind != Kind::kText || found == container.storages.end() ||
        found->second.bytes.data() != nullptr) {
      return StorageError(keys[ref].text, "is listed twice, or of no tensor");
    }
    RTFQ_RETURN_IF_ERROR(
        Annotate(TakeStorage(reader, found->second),
                 absl::StrCat("storage ", QuotedForMessage(found->first))));
    ++taken;
  }
  if (taken != container.storages.size() || reader.left() != 0) {
    return Invalid(absl::StrCat("has ", taken, " of ",
                                container.storages.size(), " storages, then ",
                                reader.left(), " bytes"));
  }
  return container;
}

}  // namespace

bool LooksLikeTorch(std::string_view file) {
  if (LooksLikeZip(file)) return true;
  // Eight bytes of header length might read so too, but then comes a '{'.
  return file.size() > 8 && file[0] == '\x80' && file[1] >= 2 && file[1] <= 5 &&
         file[8] != '{';
}

absl::StatusOr<TorchContainer> ReadTorchContainer(std::string_view file) {
  return LooksLikeZip(file) ? ReadZip(file) : ReadLegacy(file);
}

std::string_view TorchStorageKey(const Pickle& object, PickleRef persistent) {
  return object[object[object[persistent].arguments].items[2]].text;
}

}  // namespace rtfq
