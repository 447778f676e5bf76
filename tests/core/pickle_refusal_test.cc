#include "rtfq/core/pickle_refusal.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(RefuseOpcode, NamesWhatPythonNames) {
  EXPECT_THAT(RefuseOpcode('i'), StatusIs(kInvalid, HasSubstr("opcode INST ")));
  EXPECT_THAT(RefuseOpcode(0x84),
              StatusIs(kInvalid, HasSubstr("opcode EXT4 ")));
  EXPECT_THAT(RefuseOpcode(0xff),
              StatusIs(kInvalid, HasSubstr("0xff is no opcode")));
  EXPECT_THAT(RefuseOpcode(0x03),
              StatusIs(kInvalid, HasSubstr("0x03 is no opcode")));
}

TEST(RefuseGlobal, NamesItAndTheOthers) {
  constexpr std::string_view kAccepted[] = {"a.B", "c.D"};
  EXPECT_THAT(RefuseGlobal("posix.system", kAccepted),
              StatusIs(kInvalid, AllOf(HasSubstr("'posix.system' is not"),
                                       HasSubstr("accepted are a.B, c.D"))));
  EXPECT_THAT(RefuseGlobal("os.\n\x01", kAccepted),
              StatusIs(kInvalid, Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace rtfq
