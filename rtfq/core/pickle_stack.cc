#include "rtfq/core/pickle_stack.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

using Kind = PickleValue::Kind;

absl::Status CheckRoom(size_t size, const char* what) {
  if (size < kMaxPickleValues) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "more than ", kMaxPickleValues, " ", what, ", the most accepted"));
}

absl::Status TooFew(size_t wanted, size_t found) {
  return absl::InvalidArgumentError(
      absl::StrCat("takes ", wanted, " values, but the stack has ", found));
}

absl::Status NotOn(const char* wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("the value below is not ", wanted));
}

}  // namespace

PickleStack::PickleStack() : values_(kEmptyTuple + 1) {
  values_[kFalse].kind = Kind::kBool;
  values_[kTrue].kind = Kind::kBool;
  values_[kTrue].integer = 1;
  values_[kEmptyTuple].kind = Kind::kTuple;
}

absl::Status PickleStack::Push(PickleRef ref) {
  RTFQ_RETURN_IF_ERROR(CheckRoom(stack_.size(), "values on the stack"));
  stack_.push_back(ref);
  return absl::OkStatus();
}

absl::Status PickleStack::PushNew(PickleValue value) {
  RTFQ_RETURN_IF_ERROR(CheckRoom(values_.size(), "values"));
  values_.push_back(std::move(value));
  return Push(static_cast<PickleRef>(values_.size() - 1));
}

absl::StatusOr<PickleRef> PickleStack::Pop() {
  if (stack_.size() == Floor()) return TooFew(1, 0);
  const PickleRef ref = stack_.back();
  stack_.pop_back();
  return ref;
}

absl::StatusOr<std::vector<PickleRef>> PickleStack::PopMany(size_t count) {
  const size_t found = stack_.size() - Floor();
  if (found < count) return TooFew(count, found);
  std::vector<PickleRef> refs(stack_.end() - count, stack_.end());
  stack_.resize(stack_.size() - count);
  return refs;
}

absl::Status PickleStack::Mark() {
  RTFQ_RETURN_IF_ERROR(CheckRoom(marks_.size(), "marks"));
  marks_.push_back(stack_.size());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PickleRef>> PickleStack::PopToMark() {
  if (marks_.empty()) {
    return absl::InvalidArgumentError("takes a mark, but there is none");
  }
  RTFQ_ASSIGN_OR_RETURN(std::vector<PickleRef> refs,
                        PopMany(stack_.size() - Floor()));
  marks_.pop_back();
  return refs;
}

absl::Status PickleStack::Remember(uint64_t number) {
  if (stack_.size() == Floor()) return TooFew(1, 0);
  RTFQ_RETURN_IF_ERROR(CheckRoom(memo_.size(), "values in the memo"));
  memo_[number] = stack_.back();
  return absl::OkStatus();
}

absl::Status PickleStack::Recall(uint64_t number) {
  const auto found = memo_.find(number);
  if (found != memo_.end()) return Push(found->second);
  return absl::InvalidArgumentError(
      absl::StrCat("nothing was remembered as number ", number));
}

absl::StatusOr<PickleValue*> PickleStack::Top() {
  if (stack_.size() == Floor()) return TooFew(1, 0);
  return &values_[stack_.back()];
}

absl::Status PickleStack::Append(const std::vector<PickleRef>& items) {
  RTFQ_ASSIGN_OR_RETURN(PickleValue* const list, Top());
  if (list->kind != Kind::kList) return NotOn("a list");
  list->items.insert(list->items.end(), items.begin(), items.end());
  return absl::OkStatus();
}

absl::Status PickleStack::SetItems(const std::vector<PickleRef>& items) {
  RTFQ_ASSIGN_OR_RETURN(PickleValue* const dict, Top());
  if (dict->kind != Kind::kDict && dict->kind != Kind::kCall) {
    return NotOn("a dict");
  }
  if (items.size() % 2 != 0) {
    return absl::InvalidArgumentError("a key has no value");
  }
  dict->items.insert(dict->items.end(), items.begin(), items.end());
  return absl::OkStatus();
}

absl::Status PickleStack::SetState(PickleRef state) {
  RTFQ_ASSIGN_OR_RETURN(PickleValue* const object, Top());
  if (object->kind != Kind::kCall) return NotOn("an object");
  object->state = state;
  return absl::OkStatus();
}

absl::StatusOr<Pickle> PickleStack::Finish() {
  if (!marks_.empty() || stack_.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("ends with ", stack_.size(), " values and ", marks_.size(),
                     " marks on the stack; 1 and 0 are wanted"));
  }
  return Pickle{.values = std::move(values_), .root = stack_.back(), .end = 0};
}

}  // namespace rtfq
