// GoogleTest matchers for absl::Status and absl::StatusOr.
#ifndef TESTS_TESTING_STATUS_MATCHERS_H_
#define TESTS_TESTING_STATUS_MATCHERS_H_

#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rtfq::test {

inline absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// EXPECT_THAT(Save(path), IsOk());
MATCHER(IsOk, negation ? "is an error" : "is OK") {
  const absl::Status status = StatusOf(arg);
  *result_listener << "which is " << status.ToString();
  return status.ok();
}

// EXPECT_THAT(Parse("x"), StatusIs(absl::StatusCode::kInvalidArgument,
//                                  HasSubstr("line 1")));
MATCHER_P2(StatusIs, code, message,
           "has code " + absl::StatusCodeToString(code) +
               " and a message that " +
               ::testing::DescribeMatcher<std::string>(message, negation)) {
  const absl::Status status = StatusOf(arg);
  *result_listener << "which is " << status.ToString();
  return status.code() == code &&
         ::testing::Matches(message)(std::string(status.message()));
}
MATCHER_P(StatusIs, code, "has code " + absl::StatusCodeToString(code)) {
  const absl::Status status = StatusOf(arg);
  *result_listener << "which is " << status.ToString();
  return status.code() == code;
}

// EXPECT_THAT(Parse("3"), IsOkAndHolds(3));
MATCHER_P(IsOkAndHolds, value, "is OK and holds the expected value") {
  if (!arg.ok()) {
    *result_listener << "which is " << arg.status().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(value, *arg, result_listener);
}

}  // namespace rtfq::test

// ASSERT_OK_AND_ASSIGN(const auto value, MayFail());
#define ASSERT_OK_AND_ASSIGN(declaration, expression)                   \
  ASSERT_OK_AND_ASSIGN_IMPL_(RTFQ_TEST_CONCAT_(rtfq_result_, __LINE__), \
                             declaration, expression)
#define ASSERT_OK_AND_ASSIGN_IMPL_(result, declaration, expression) \
  auto result = (expression);                                       \
  ASSERT_TRUE(result.ok()) << result.status();                      \
  declaration = *std::move(result)
#define RTFQ_TEST_CONCAT_(a, b) RTFQ_TEST_CONCAT_INNER_(a, b)
#define RTFQ_TEST_CONCAT_INNER_(a, b) a##b

#endif  // TESTS_TESTING_STATUS_MATCHERS_H_
