#include "rtfq/core/torch_checkpoint.h"

#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/safetensors_json.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/core/strided_bytes.h"
#include "rtfq/core/torch_container.h"

namespace rtfq {
namespace {

using Kind = PickleValue::Kind;

// What a SafetensorsFile keeps alive.
struct Bytes {
  std::string file;
  std::list<std::string> gathered;  // of tensors with strides; they stay put
};

struct NamedValue {
  std::string_view name;
  PickleRef value;
};

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

// Takes the tensors of one file.
class Reader {
 public:
  Reader(const TorchContainer& container, Bytes& bytes)
      : object_(container.object),
        storages_(container.storages),
        bytes_(bytes),
        left_(4 * static_cast<int64_t>(bytes.file.size())) {}

  absl::StatusOr<SafetensorsFile::Entries> Read();

 private:
  bool IsCallOf(const PickleValue& value, std::string_view name) const {
    return value.kind == Kind::kCall && object_[value.callee].text == name;
  }
  bool IsDict(const PickleValue& value) const {
    return value.kind == Kind::kDict || IsCallOf(value, kOrderedDict);
  }
  const PickleValue& FindStateDict() const;
  absl::StatusOr<std::vector<NamedValue>> ItemsOf(const PickleValue& dict);
  absl::Status AddItem(PickleRef key, PickleRef value,
                       std::vector<NamedValue>& items) const;
  // The call that rebuilds a tensor, through that of a parameter.
  const PickleValue* TensorCall(PickleRef ref) const;
  absl::StatusOr<SafetensorsEntry> ReadTensor(const PickleValue& call);
  absl::StatusOr<StridedLayout> LayoutOf(
      const std::vector<PickleRef>& arguments) const;
  absl::StatusOr<std::vector<int64_t>> Ints(PickleRef tuple) const;

  const Pickle& object_;
  const std::map<std::string_view, TorchStorage>& storages_;
  Bytes& bytes_;
  int64_t left_;  // bytes that the tensors to come may have
};

absl::Status Reader::AddItem(PickleRef key, PickleRef value,
                             std::vector<NamedValue>& items) const {
  if (object_[key].kind != Kind::kText) {
    return Invalid("the state dict has an entry whose name is no text");
  }
  items.push_back({object_[key].text, value});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<NamedValue>> Reader::ItemsOf(
    const PickleValue& dict) {
  std::vector<NamedValue> items;
  if (dict.kind == Kind::kCall) {
    // Python 2 gives an OrderedDict a list of [key, value].
    if (object_[dict.arguments].items.size() > 1) {
      return Invalid("an OrderedDict of several arguments");
    }
    for (const PickleRef list : object_[dict.arguments].items) {
      for (const PickleRef pair : object_[list].items) {
        const std::vector<PickleRef>& both = object_[pair].items;
        if (both.size() != 2) return Invalid("an OrderedDict of no pairs");
        RTFQ_RETURN_IF_ERROR(AddItem(both[0], both[1], items));
      }
    }
  }
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    RTFQ_RETURN_IF_ERROR(AddItem(dict.items[i], dict.items[i + 1], items));
  }
  return items;
}

const PickleValue& Reader::FindStateDict() const {
  const PickleValue& root = object_[object_.root];
  if (!IsDict(root)) return root;
  for (const std::string_view name : {"state_dict", "model"}) {
    for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
      const PickleValue& key = object_[root.items[i]];
      const PickleValue& value = object_[root.items[i + 1]];
      if (key.kind == Kind::kText && key.text == name && IsDict(value)) {
        return value;
      }
    }
  }
  return root;
}

const PickleValue* Reader::TensorCall(PickleRef ref) const {
  const PickleValue* value = &object_[ref];
  if (IsCallOf(*value, kRebuildParameter) || IsCallOf(*value, kParameter)) {
    const std::vector<PickleRef>* from = &object_[value->arguments].items;
    // Before 0.4 a parameter could be made of nothing and then given its data.
    if (from->empty() && value->state != PickleValue::kNothing) {
      from = &object_[value->state].items;
    }
    if (from->empty()) return nullptr;
    value = &object_[from->front()];
  }
  const bool is_tensor =
      IsCallOf(*value, kRebuildTensor) || IsCallOf(*value, kRebuildTensorV2);
  return is_tensor ? value : nullptr;
}

absl::StatusOr<std::vector<int64_t>> Reader::Ints(PickleRef tuple) const {
  std::vector<int64_t> ints;
  if (object_[tuple].kind != Kind::kTuple ||
      object_[tuple].items.size() > kMaxStridedDimensions) {
    return Invalid(absl::StrCat("its shape or strides are no tuple of at most ",
                                kMaxStridedDimensions));
  }
  for (const PickleRef ref : object_[tuple].items) {
    if (object_[ref].kind != Kind::kInt) {
      return Invalid("its shape or strides are no integers");
    }
    ints.push_back(object_[ref].integer);
  }
  return ints;
}

// (storage, offset, shape, strides) of _rebuild_tensor; _v2 has (requires_grad,
// hooks) behind it, and a dict of bits that say "negated" or "conjugated".
absl::StatusOr<StridedLayout> Reader::LayoutOf(
    const std::vector<PickleRef>& arguments) const {
  if (arguments.size() < 4 || arguments.size() > 7 ||
      object_[arguments[0]].kind != Kind::kPersistent ||
      object_[arguments[1]].kind != Kind::kInt) {
    return Invalid("is not made of storage, offset, shape and strides");
  }
  if (arguments.size() == 7 && (object_[arguments[6]].kind != Kind::kNone &&
                                !(IsDict(object_[arguments[6]]) &&
                                  object_[arguments[6]].items.empty()))) {
    return Invalid(
        "is negated or conjugated when read, which is not done here");
  }
  StridedLayout layout;
  layout.offset = object_[arguments[1]].integer;
  RTFQ_ASSIGN_OR_RETURN(layout.shape, Ints(arguments[2]));
  RTFQ_ASSIGN_OR_RETURN(layout.strides, Ints(arguments[3]));
  return layout;
}

absl::StatusOr<SafetensorsEntry> Reader::ReadTensor(const PickleValue& call) {
  const std::vector<PickleRef>& arguments = object_[call.arguments].items;
  RTFQ_ASSIGN_OR_RETURN(StridedLayout layout, LayoutOf(arguments));
  const TorchStorage& storage =
      storages_.at(TorchStorageKey(object_, arguments[0]));
  const int64_t size = SizeOf(storage.dtype);
  RTFQ_ASSIGN_OR_RETURN(const int64_t count,
                        CheckLayout(layout, storage.count, left_ / size));
  left_ -= count * size;
  SafetensorsEntry entry{storage.dtype, layout.shape, {}};
  if (count == 0) return entry;
  if (IsRowMajor(layout)) {
    entry.bytes = storage.bytes.substr(layout.offset * size, count * size);
  } else {
    bytes_.gathered.push_back(GatherRowMajor(layout, storage.bytes, size));
    entry.bytes = bytes_.gathered.back();
  }
  return entry;
}

bool AllBeginWith(const std::vector<NamedValue>& items,
                  std::string_view prefix) {
  for (const NamedValue& item : items) {
    if (item.name.substr(0, prefix.size()) != prefix) return false;
  }
  return true;
}

absl::StatusOr<SafetensorsFile::Entries> Reader::Read() {
  constexpr std::string_view kPrefix = "module.";
  const PickleValue& dict = FindStateDict();
  if (!IsDict(dict)) return Invalid("holds no state dict, nor a dict of one");
  RTFQ_ASSIGN_OR_RETURN(const std::vector<NamedValue> items, ItemsOf(dict));
  if (items.empty()) return Invalid("its state dict is empty");
  const size_t prefix = AllBeginWith(items, kPrefix) ? kPrefix.size() : 0;
  SafetensorsFile::Entries entries;
  for (const NamedValue& item : items) {
    const std::string where =
        absl::StrCat("tensor ", QuotedForMessage(item.name));
    const PickleValue* call = TensorCall(item.value);
    if (call == nullptr) {
      return Invalid(absl::StrCat(
          where,
          ": is no tensor; wanted is a state dict, or a dict that has "
          "one as 'state_dict' or 'model'"));
    }
    absl::StatusOr<SafetensorsEntry> entry = ReadTensor(*call);
    if (!entry.ok()) return Annotate(entry.status(), where);
    const auto added =
        entries.emplace(item.name.substr(prefix), *std::move(entry));
    if (!added.second) return Invalid(absl::StrCat(where, ": is there twice"));
  }
  return entries;
}

absl::StatusOr<SafetensorsFile::Entries> ReadEntries(Bytes& bytes) {
  RTFQ_ASSIGN_OR_RETURN(const TorchContainer container,
                        ReadTorchContainer(bytes.file));
  return Reader(container, bytes).Read();
}

}  // namespace

absl::StatusOr<SafetensorsFile> ParseTorchCheckpoint(std::string bytes,
                                                     const std::string& name) {
  auto kept = std::make_shared<Bytes>();
  kept->file = std::move(bytes);
  absl::StatusOr<SafetensorsFile::Entries> entries = ReadEntries(*kept);
  if (!entries.ok()) return Annotate(entries.status(), name);
  return SafetensorsFile::Of(
      std::shared_ptr<const std::string>(kept, &kept->file), name,
      *std::move(entries));
}

}  // namespace rtfq
