#include "rtfq/core/pickle.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/byte_reader.h"
#include "rtfq/core/pickle_refusal.h"
#include "rtfq/core/pickle_stack.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

using Kind = PickleValue::Kind;

// Runs the opcodes that describe values; a method is an opcode, or several that
// differ in the size of their operand.
class Machine {
 public:
  struct Opcode {
    uint8_t code;
    const char* name;
    absl::Status (Machine::*run)();
  };

  Machine(std::string_view file, size_t begin,
          std::span<const std::string_view> globals)
      : reader_(file, begin), globals_(globals) {}

  absl::StatusOr<Pickle> Run();

 private:
  static const Opcode kOpcodes[];

  absl::Status Step();
  absl::Status PushGlobal(std::string_view module, std::string_view name);

  template <PickleRef kRef>
  absl::Status Constant() {
    return stack_.Push(kRef);
  }
  template <Kind kKind>
  absl::Status Empty() {
    return stack_.PushNew({.kind = kKind});
  }
  template <int kBytes>
  absl::Status Int() {
    RTFQ_ASSIGN_OR_RETURN(const uint64_t value, reader_.TakeUnsigned(kBytes));
    // The four bytes of BININT alone have a sign.
    return stack_.PushNew({.kind = Kind::kInt,
                           .integer = kBytes == 4
                                          ? static_cast<int32_t>(value)
                                          : static_cast<int64_t>(value)});
  }
  template <int kBytes>
  absl::Status Text() {
    RTFQ_ASSIGN_OR_RETURN(const uint64_t length, reader_.TakeUnsigned(kBytes));
    RTFQ_ASSIGN_OR_RETURN(const std::string_view text, reader_.Take(length));
    return stack_.PushNew({.kind = Kind::kText, .text = text});
  }
  template <int kBytes>
  absl::Status Put() {
    RTFQ_ASSIGN_OR_RETURN(const uint64_t number, reader_.TakeUnsigned(kBytes));
    return stack_.Remember(number);
  }
  template <int kBytes>
  absl::Status Get() {
    RTFQ_ASSIGN_OR_RETURN(const uint64_t number, reader_.TakeUnsigned(kBytes));
    return stack_.Recall(number);
  }
  template <int kCount>
  absl::Status TupleOf() {
    RTFQ_ASSIGN_OR_RETURN(std::vector<PickleRef> items, stack_.PopMany(kCount));
    return stack_.PushNew({.kind = Kind::kTuple, .items = std::move(items)});
  }
  absl::Status Protocol();
  absl::Status Frame();
  absl::Status LongInt();
  absl::Status Float();
  absl::Status Mark() { return stack_.Mark(); }
  absl::Status Memoize() { return stack_.RememberAsNext(); }
  absl::Status Tuple();
  template <int kCount>  // 0: down to the mark
  absl::Status Append();
  template <int kCount>
  absl::Status SetItems();
  absl::Status Global();
  absl::Status StackGlobal();
  absl::Status Call();
  absl::Status Build();
  absl::Status Persistent();
  absl::Status Stop();

  ByteReader reader_;
  const std::span<const std::string_view> globals_;
  PickleStack stack_;
  bool stopped_ = false;
};

const Machine::Opcode Machine::kOpcodes[] = {
    {'(', "MARK", &Machine::Mark},
    {')', "EMPTY_TUPLE", &Machine::Constant<PickleStack::kEmptyTuple>},
    {'.', "STOP", &Machine::Stop},
    {'G', "BINFLOAT", &Machine::Float},
    {'J', "BININT", &Machine::Int<4>},
    {'K', "BININT1", &Machine::Int<1>},
    {'M', "BININT2", &Machine::Int<2>},
    {'N', "NONE", &Machine::Constant<PickleStack::kNone>},
    {'Q', "BINPERSID", &Machine::Persistent},
    {'R', "REDUCE", &Machine::Call},
    {'T', "BINSTRING", &Machine::Text<4>},
    {'U', "SHORT_BINSTRING", &Machine::Text<1>},
    {'X', "BINUNICODE", &Machine::Text<4>},
    {']', "EMPTY_LIST", &Machine::Empty<Kind::kList>},
    {'a', "APPEND", &Machine::Append<1>},
    {'b', "BUILD", &Machine::Build},
    {'c', "GLOBAL", &Machine::Global},
    {'e', "APPENDS", &Machine::Append<0>},
    {'h', "BINGET", &Machine::Get<1>},
    {'j', "LONG_BINGET", &Machine::Get<4>},
    {'q', "BINPUT", &Machine::Put<1>},
    {'r', "LONG_BINPUT", &Machine::Put<4>},
    {'s', "SETITEM", &Machine::SetItems<2>},
    {'t', "TUPLE", &Machine::Tuple},
    {'u', "SETITEMS", &Machine::SetItems<0>},
    {'}', "EMPTY_DICT", &Machine::Empty<Kind::kDict>},
    {0x80, "PROTO", &Machine::Protocol},
    {0x81, "NEWOBJ", &Machine::Call},
    {0x85, "TUPLE1", &Machine::TupleOf<1>},
    {0x86, "TUPLE2", &Machine::TupleOf<2>},
    {0x87, "TUPLE3", &Machine::TupleOf<3>},
    {0x88, "NEWTRUE", &Machine::Constant<PickleStack::kTrue>},
    {0x89, "NEWFALSE", &Machine::Constant<PickleStack::kFalse>},
    {0x8a, "LONG1", &Machine::LongInt},
    {0x8c, "SHORT_BINUNICODE", &Machine::Text<1>},
    {0x93, "STACK_GLOBAL", &Machine::StackGlobal},
    {0x94, "MEMOIZE", &Machine::Memoize},
    {0x95, "FRAME", &Machine::Frame},
};

absl::StatusOr<Pickle> Machine::Run() {
  while (!stopped_) {
    const size_t opcode_at = reader_.at();
    RTFQ_RETURN_IF_ERROR(Annotate(Step(), absl::StrCat("byte ", opcode_at)));
  }
  absl::StatusOr<Pickle> pickle = stack_.Finish();
  if (!pickle.ok()) {
    return Annotate(pickle.status(), absl::StrCat("byte ", reader_.at()));
  }
  pickle->end = reader_.at();
  return pickle;
}

absl::Status Machine::Step() {
  RTFQ_ASSIGN_OR_RETURN(const uint64_t code, reader_.TakeUnsigned(1));
  const auto found =
      std::find_if(std::begin(kOpcodes), std::end(kOpcodes),
                   [&](const Opcode& opcode) { return opcode.code == code; });
  if (found == std::end(kOpcodes))
    return RefuseOpcode(static_cast<uint8_t>(code));
  return Annotate((this->*found->run)(), absl::StrCat("opcode ", found->name));
}

absl::Status Machine::Protocol() {
  RTFQ_ASSIGN_OR_RETURN(const uint64_t version, reader_.TakeUnsigned(1));
  if (version >= 2 && version <= 5) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("protocol ", version, " is not accepted; 2 to 5 are"));
}

// Frames only say how much could be read at once.
absl::Status Machine::Frame() { return reader_.TakeUnsigned(8).status(); }

absl::Status Machine::LongInt() {
  RTFQ_ASSIGN_OR_RETURN(const uint64_t length, reader_.TakeUnsigned(1));
  RTFQ_ASSIGN_OR_RETURN(const std::string_view text, reader_.Take(length));
  if (length > sizeof(uint64_t)) {
    return stack_.PushNew({.kind = Kind::kLongInt, .text = text});
  }
  const bool negative = length > 0 && (text.back() & 0x80) != 0;
  uint64_t value = negative ? ~uint64_t{0} : 0;
  for (size_t i = length; i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(text[i]);
  }
  return stack_.PushNew(
      {.kind = Kind::kInt, .integer = static_cast<int64_t>(value)});
}

absl::Status Machine::Float() {
  RTFQ_RETURN_IF_ERROR(reader_.TakeUnsigned(8).status());
  return stack_.PushNew({.kind = Kind::kFloat});
}

absl::Status Machine::Tuple() {
  RTFQ_ASSIGN_OR_RETURN(std::vector<PickleRef> items, stack_.PopToMark());
  return stack_.PushNew({.kind = Kind::kTuple, .items = std::move(items)});
}

template <int kCount>
absl::Status Machine::Append() {
  RTFQ_ASSIGN_OR_RETURN(
      const std::vector<PickleRef> items,
      kCount == 0 ? stack_.PopToMark() : stack_.PopMany(kCount));
  return stack_.Append(items);
}

template <int kCount>
absl::Status Machine::SetItems() {
  RTFQ_ASSIGN_OR_RETURN(
      const std::vector<PickleRef> items,
      kCount == 0 ? stack_.PopToMark() : stack_.PopMany(kCount));
  return stack_.SetItems(items);
}

absl::Status Machine::PushGlobal(std::string_view module,
                                 std::string_view name) {
  const std::string wanted = std::string(module).append(".").append(name);
  const auto found = std::find(globals_.begin(), globals_.end(), wanted);
  if (found == globals_.end()) return RefuseGlobal(wanted, globals_);
  return stack_.PushNew({.kind = Kind::kGlobal, .text = *found});
}

absl::Status Machine::Global() {
  RTFQ_ASSIGN_OR_RETURN(const std::string_view module, reader_.TakeLine());
  RTFQ_ASSIGN_OR_RETURN(const std::string_view name, reader_.TakeLine());
  return PushGlobal(module, name);
}

absl::Status Machine::StackGlobal() {
  RTFQ_ASSIGN_OR_RETURN(const std::vector<PickleRef> names, stack_.PopMany(2));
  const PickleValue& module = stack_[names[0]];
  const PickleValue& name = stack_[names[1]];
  if (module.kind != Kind::kText || name.kind != Kind::kText) {
    return absl::InvalidArgumentError("takes two texts");
  }
  return PushGlobal(module.text, name.text);
}

absl::Status Machine::Call() {
  RTFQ_ASSIGN_OR_RETURN(const std::vector<PickleRef> parts, stack_.PopMany(2));
  if (stack_[parts[0]].kind != Kind::kGlobal ||
      stack_[parts[1]].kind != Kind::kTuple) {
    return absl::InvalidArgumentError("takes a name and a tuple");
  }
  return stack_.PushNew(
      {.kind = Kind::kCall, .callee = parts[0], .arguments = parts[1]});
}

absl::Status Machine::Build() {
  RTFQ_ASSIGN_OR_RETURN(const PickleRef state, stack_.Pop());
  return stack_.SetState(state);
}

absl::Status Machine::Persistent() {
  RTFQ_ASSIGN_OR_RETURN(const PickleRef id, stack_.Pop());
  return stack_.PushNew({.kind = Kind::kPersistent, .arguments = id});
}

absl::Status Machine::Stop() {
  stopped_ = true;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Pickle> ReadPickle(std::string_view file, size_t begin,
                                  std::span<const std::string_view> globals) {
  return Machine(file, begin, globals).Run();
}

}  // namespace rtfq
