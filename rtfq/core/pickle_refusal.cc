#include "rtfq/core/pickle_refusal.h"

#include "absl/strings/str_cat.h"
#include "rtfq/core/safetensors_json.h"

namespace rtfq {
namespace {

// The rest of protocol 5: they run code, make other objects than ours, or are
// of older protocols.
struct Refused {
  uint8_t code;
  const char* name;
};
constexpr Refused kRefused[] = {
    {'0', "POP"},
    {'1', "POP_MARK"},
    {'2', "DUP"},
    {'B', "BINBYTES"},
    {'C', "SHORT_BINBYTES"},
    {'F', "FLOAT"},
    {'I', "INT"},
    {'L', "LONG"},
    {'P', "PERSID"},
    {'S', "STRING"},
    {'V', "UNICODE"},
    {'d', "DICT"},
    {'g', "GET"},
    {'i', "INST"},
    {'l', "LIST"},
    {'o', "OBJ"},
    {'p', "PUT"},
    {0x82, "EXT1"},
    {0x83, "EXT2"},
    {0x84, "EXT4"},
    {0x8b, "LONG4"},
    {0x8d, "BINUNICODE8"},
    {0x8e, "BINBYTES8"},
    {0x8f, "EMPTY_SET"},
    {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},
    {0x92, "NEWOBJ_EX"},
    {0x96, "BYTEARRAY8"},
    {0x97, "NEXT_BUFFER"},
    {0x98, "READONLY_BUFFER"},
};

}  // namespace

absl::Status RefuseOpcode(uint8_t code) {
  for (const Refused& refused : kRefused) {
    if (refused.code != code) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("opcode ", refused.name,
                     " is not accepted; accepted are those of numbers, texts, "
                     "tuples, lists, dicts and references"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "0x", absl::Hex(code, absl::kZeroPad2), " is no opcode of a pickle"));
}

absl::Status RefuseGlobal(std::string_view name,
                          std::span<const std::string_view> accepted) {
  std::string message = QuotedForMessage(name);
  absl::StrAppend(&message, " is not accepted: nothing a file names is run");
  const char* before = "; accepted are ";
  for (const std::string_view other : accepted) {
    message.append(before).append(other);
    before = ", ";
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace rtfq
