#include "rtfq/core/status_macros.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

absl::StatusOr<std::unique_ptr<int>> Make(int value) {
  if (value < 0) return absl::OutOfRangeError("negative");
  return std::make_unique<int>(value);
}

absl::StatusOr<int> Add(int a, int b) {
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<int> x, Make(a));
  RTFQ_ASSIGN_OR_RETURN(const std::unique_ptr<int> y, Make(b));
  return *x + *y;
}

absl::Status Check(int a, int& calls) {
  RTFQ_RETURN_IF_ERROR((++calls, Make(a).status()));
  ++calls;
  return absl::OkStatus();
}

TEST(StatusMacros, AssignOrReturn) {
  EXPECT_EQ(Add(2, 3).value(), 5);
  EXPECT_EQ(Add(-1, 3).status(), absl::OutOfRangeError("negative"));
  EXPECT_EQ(Add(2, -3).status(), absl::OutOfRangeError("negative"));
}

TEST(StatusMacros, ReturnIfErrorEvaluatesOnce) {
  int calls = 0;
  EXPECT_TRUE(Check(1, calls).ok());
  EXPECT_EQ(calls, 2);
  calls = 0;
  EXPECT_FALSE(Check(-1, calls).ok());
  EXPECT_EQ(calls, 1);
}

TEST(Annotate, SaysWhereAndKeepsTheCode) {
  EXPECT_EQ(Annotate(absl::DataLossError("torn"), "step 3"),
            absl::DataLossError("step 3: torn"));
  EXPECT_TRUE(Annotate(absl::OkStatus(), "step 3").ok());
}

}  // namespace
}  // namespace rtfq
