#include "rtfq/tools/flags.h"

#include <cstddef>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RTFQ_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RTFQ_SANITIZED 1
#endif

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FlagsTest : public ::testing::Test {
 protected:
  FlagsTest() : flags_("Does things.\n\n  thing --run=a\n") {
    flags_.Add("run", &run_, "folder");
    flags_.Add("steps", &steps_, "how many");
    flags_.Add("fast", &fast_, "or not");
    flags_.Add("set", &set_, "one field");
  }
  absl::StatusOr<std::vector<std::string>> Parse(std::vector<const char*> words,
                                                 size_t most_positional = 0) {
    words.insert(words.begin(), "thing");
    return flags_.Parse(static_cast<int>(words.size()), words.data(),
                        most_positional);
  }

  Flags flags_;
  std::string run_ = "here";
  int64_t steps_ = 7;
  bool fast_ = true;
  std::vector<std::string> set_;
};

TEST_F(FlagsTest, DefaultsStay) {
  ASSERT_THAT(Parse({}), IsOk());
  EXPECT_EQ(run_, "here");
  EXPECT_EQ(steps_, 7);
  EXPECT_TRUE(fast_);
  EXPECT_TRUE(set_.empty());
}

TEST_F(FlagsTest, ReadsBothForms) {
  ASSERT_THAT(Parse({"--run=a=b", "--steps", "-3", "--fast=false"}), IsOk());
  EXPECT_EQ(run_, "a=b");
  EXPECT_EQ(steps_, -3);
  EXPECT_FALSE(fast_);
}

TEST_F(FlagsTest, SwitchesTakeNoWord) {
  ASSERT_THAT(Parse({"--nofast", "--run", "x"}), IsOk());
  EXPECT_FALSE(fast_);
  EXPECT_EQ(run_, "x");
}

TEST_F(FlagsTest, RepeatedOnesKeepTheirOrder) {
  ASSERT_THAT(Parse({"--set=a.b=1", "--set=c=[2,3]", "--set", "d=4"}), IsOk());
  EXPECT_THAT(set_, ElementsAre("a.b=1", "c=[2,3]", "d=4"));
}

TEST_F(FlagsTest, GivesBackPositionalArguments) {
  const auto words = Parse({"one", "--run=a", "two", "--", "--run=b"}, 3);
  ASSERT_THAT(words, IsOk());
  EXPECT_THAT(*words, ElementsAre("one", "two", "--run=b"));
  EXPECT_EQ(run_, "a");
}

TEST_F(FlagsTest, ErrorsNameTheFlagAndWhatWouldBeRight) {
  const auto invalid = [](const char* said) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(said));
  };
  EXPECT_THAT(Parse({"--stepz=3"}),
              invalid("unknown flag --stepz; flags: steps"));
  EXPECT_THAT(Parse({"--norun"}), invalid("unknown flag --norun"));
  EXPECT_THAT(Parse({"-x"}), invalid("unknown flag --x"));
  EXPECT_THAT(Parse({"--steps=many"}), invalid("'many' is not an integer"));
  EXPECT_THAT(Parse({"--fast=maybe"}), invalid("true or false"));
  EXPECT_THAT(Parse({"--run"}), invalid("--run needs a value"));
  EXPECT_THAT(Parse({"--run", "--steps=3"}), invalid("--run needs a value"));
  EXPECT_THAT(Parse({"stray"}), invalid("unexpected argument 'stray'"));
}

TEST_F(FlagsTest, TwiceIsAnError) {
  EXPECT_THAT(Parse({"--run=a", "--run=b"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("--run is given twice")));
}

TEST_F(FlagsTest, HelpShowsUsageFlagsAndDefaults) {
  ASSERT_THAT(Parse({"--help", "stray"}), IsOk());
  EXPECT_TRUE(flags_.help_wanted());
  const std::string help = flags_.Help();
  EXPECT_THAT(help, HasSubstr("thing --run=a"));
  EXPECT_THAT(help, HasSubstr("--steps"));
  EXPECT_THAT(help, HasSubstr("(default: 7)"));
  EXPECT_THAT(help, HasSubstr("(may be repeated)"));
}

TEST(ExitCode, IsOneForEveryError) {
  EXPECT_EQ(ExitCode(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCode(absl::InternalError("x")), 1);
}

absl::Status TakeAllMemory(int, char**) {
  // No allocator has so much; volatile, so that it is asked for.
  volatile size_t all = std::numeric_limits<size_t>::max() / 4;
  return absl::InternalError(std::string(1, *new char[all]));
}

TEST(RunMain, WithoutMemoryItEndsInOneLine) {
#ifdef RTFQ_SANITIZED
  GTEST_SKIP() << "the sanitizer ends the process before anybody is asked";
#endif
  EXPECT_EXIT(RunMain(TakeAllMemory, 0, nullptr, "take less"),
              testing::ExitedWithCode(1),
              "^error: no memory left; take less\n$");
}

}  // namespace
}  // namespace rtfq
