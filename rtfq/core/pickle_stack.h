// The memory of the machine that a pickle is a program of.
#ifndef RTFQ_CORE_PICKLE_STACK_H_
#define RTFQ_CORE_PICKLE_STACK_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/pickle_value.h"

namespace rtfq {

// Values, the stack of references to them, its marks and the memo. Each of them
// is bounded by kMaxPickleValues. Every function fails with kInvalidArgument
// where a bound is met, or where the stack above its last mark has too little
// or something else; what is then left is of no use.
class PickleStack {
 public:
  // Values that are made once, for the opcodes of one byte that name them.
  enum Shared : PickleRef { kNone, kFalse, kTrue, kEmptyTuple };

  PickleStack();

  absl::Status Push(PickleRef ref);
  absl::Status PushNew(PickleValue value);
  absl::StatusOr<PickleRef> Pop();
  // The last `count` values, the deepest first.
  absl::StatusOr<std::vector<PickleRef>> PopMany(size_t count);
  absl::Status Mark();
  // All above the last mark, and the mark.
  absl::StatusOr<std::vector<PickleRef>> PopToMark();

  // The topmost value gets this number. A number given again means the new one.
  absl::Status Remember(uint64_t number);
  absl::Status RememberAsNext() { return Remember(memo_.size()); }
  // Pushes the value of this number.
  absl::Status Recall(uint64_t number);

  // Appends to the list on top.
  absl::Status Append(const std::vector<PickleRef>& items);
  // Appends keys and values, by turns, to the dict or call on top.
  absl::Status SetItems(const std::vector<PickleRef>& items);
  // Gives the call on top its state.
  absl::Status SetState(PickleRef state);

  const PickleValue& operator[](PickleRef ref) const { return values_[ref]; }

  // The values, whose root is the only one left on the stack. Call it once,
  // last.
  absl::StatusOr<Pickle> Finish();

 private:
  size_t Floor() const { return marks_.empty() ? 0 : marks_.back(); }
  absl::StatusOr<PickleValue*> Top();

  std::vector<PickleValue> values_;
  std::vector<PickleRef> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, PickleRef> memo_;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_PICKLE_STACK_H_
