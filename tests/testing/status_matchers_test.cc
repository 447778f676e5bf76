#include "tests/testing/status_matchers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq::test {
namespace {

using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(StatusMatchers, TellErrorsFromValues) {
  const absl::Status error = absl::NotFoundError("no such layer");
  const absl::StatusOr<int> failed = error;
  const absl::StatusOr<int> three = 3;
  EXPECT_THAT(absl::OkStatus(), IsOk());
  EXPECT_THAT(three, IsOk());
  EXPECT_THAT(error, Not(IsOk()));
  EXPECT_THAT(failed, Not(IsOk()));
  EXPECT_THAT(three, IsOkAndHolds(3));
  EXPECT_THAT(three, IsOkAndHolds(Gt(2)));
  EXPECT_THAT(three, Not(IsOkAndHolds(4)));
  EXPECT_THAT(failed, Not(IsOkAndHolds(3)));
  EXPECT_THAT(failed, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(failed, Not(StatusIs(absl::StatusCode::kInternal)));
  EXPECT_THAT(error, StatusIs(absl::StatusCode::kNotFound, HasSubstr("layer")));
  EXPECT_THAT(error,
              Not(StatusIs(absl::StatusCode::kNotFound, HasSubstr("image"))));
}

TEST(StatusMatchers, AssignsWhatWasHeld) {
  const absl::StatusOr<int> three = 3;
  ASSERT_OK_AND_ASSIGN(const int value, three);
  EXPECT_EQ(value, 3);
}

}  // namespace
}  // namespace rtfq::test
