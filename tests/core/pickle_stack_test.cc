#include "rtfq/core/pickle_stack.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::IsOkAndHolds;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Kind = PickleValue::Kind;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(PickleStack, MarksBoundWhatIsTaken) {
  PickleStack stack;
  ASSERT_THAT(stack.Push(PickleStack::kTrue), IsOk());
  ASSERT_THAT(stack.Mark(), IsOk());
  EXPECT_THAT(stack.Pop(), StatusIs(kInvalid, HasSubstr("takes 1")));
  EXPECT_THAT(stack.Remember(0), StatusIs(kInvalid));
  EXPECT_THAT(stack.Append({}), StatusIs(kInvalid));
  ASSERT_THAT(stack.Push(PickleStack::kNone), IsOk());
  ASSERT_THAT(stack.Push(PickleStack::kFalse), IsOk());
  EXPECT_THAT(stack.PopMany(3),
              StatusIs(kInvalid, HasSubstr("takes 3 values, but the stack has "
                                           "2")));
  EXPECT_THAT(stack.PopToMark(), IsOkAndHolds(std::vector<PickleRef>{
                                     PickleStack::kNone, PickleStack::kFalse}));
  EXPECT_THAT(stack.PopToMark(), StatusIs(kInvalid, HasSubstr("a mark")));
  EXPECT_THAT(stack.Pop(), IsOkAndHolds(PickleStack::kTrue));
}

TEST(PickleStack, TheMemoReturnsTheSameValue) {
  PickleStack stack;
  ASSERT_THAT(stack.PushNew({.kind = Kind::kList}), IsOk());
  ASSERT_THAT(stack.RememberAsNext(), IsOk());
  ASSERT_THAT(stack.Remember(4000000000), IsOk());
  ASSERT_THAT(stack.Recall(4000000000), IsOk());
  EXPECT_THAT(stack.Recall(1), StatusIs(kInvalid, HasSubstr("number 1")));
  const PickleRef itself = stack.Pop().value();
  ASSERT_THAT(stack.Append({itself, itself}), IsOk());
  const Pickle pickle = stack.Finish().value();
  EXPECT_EQ(pickle.root, itself);
  EXPECT_THAT(pickle[itself].items, ElementsAre(itself, itself));
}

TEST(PickleStack, ItemsBelongToTheirKind) {
  PickleStack stack;
  EXPECT_THAT(stack.SetItems({}), StatusIs(kInvalid));
  ASSERT_THAT(stack.PushNew({.kind = Kind::kDict}), IsOk());
  EXPECT_THAT(stack.Append({0}), StatusIs(kInvalid, HasSubstr("not a list")));
  EXPECT_THAT(stack.SetState(0), StatusIs(kInvalid, HasSubstr("an object")));
  EXPECT_THAT(stack.SetItems({0}), StatusIs(kInvalid, HasSubstr("no value")));
  EXPECT_THAT(stack.SetItems({0, 1}), IsOk());
  ASSERT_THAT(stack.PushNew({.kind = Kind::kCall}), IsOk());
  EXPECT_THAT(stack.SetItems({0, 1}), IsOk());
  EXPECT_THAT(stack.SetState(2), IsOk());
  ASSERT_THAT(stack.Push(PickleStack::kEmptyTuple), IsOk());
  EXPECT_THAT(stack.SetItems({0, 1}),
              StatusIs(kInvalid, HasSubstr("not a dict")));
}

TEST(PickleStack, EndsWithOneValue) {
  PickleStack stack;
  EXPECT_THAT(stack.Finish(), StatusIs(kInvalid, HasSubstr("with 0 values")));
  ASSERT_THAT(stack.Push(PickleStack::kTrue), IsOk());
  ASSERT_THAT(stack.Mark(), IsOk());
  EXPECT_THAT(stack.Finish(), StatusIs(kInvalid, HasSubstr("1 marks")));
}

TEST(PickleStack, HasBounds) {
  PickleStack stack, other;
  absl::Status values, pushed, marked, remembered;
  for (size_t i = 0; i <= kMaxPickleValues; ++i) {
    if (values.ok()) values = stack.PushNew({.kind = Kind::kFloat});
    if (marked.ok()) marked = other.Mark();
  }
  PickleStack third;
  for (size_t i = 0; i <= kMaxPickleValues; ++i) {
    if (pushed.ok()) pushed = third.Push(PickleStack::kNone);
    if (remembered.ok()) remembered = third.RememberAsNext();
  }
  EXPECT_THAT(values, StatusIs(kInvalid, HasSubstr("262144 values")));
  EXPECT_THAT(marked, StatusIs(kInvalid, HasSubstr("marks")));
  EXPECT_THAT(pushed, StatusIs(kInvalid, HasSubstr("on the stack")));
  EXPECT_THAT(remembered, StatusIs(kInvalid, HasSubstr("memo")));
}

}  // namespace
}  // namespace rtfq
