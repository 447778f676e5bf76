#include "rtfq/core/errno_status.h"

#include <cerrno>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::StatusIs;
using ::testing::HasSubstr;

absl::Status Of(int error) {
  errno = error;
  return ErrnoStatus("runs/a2w", "write");
}

TEST(ErrnoStatus, SaysWhatFailedAndWhy) {
  EXPECT_THAT(Of(ENOENT),
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("runs/a2w: cannot write: No such file")));
}

TEST(ErrnoStatus, HasACodeForEachThingToDoAboutIt) {
  EXPECT_THAT(Of(ENOTDIR), StatusIs(absl::StatusCode::kNotFound));
  for (const int error : {EACCES, EPERM}) {
    EXPECT_THAT(Of(error), StatusIs(absl::StatusCode::kPermissionDenied));
  }
  for (const int error : {ENOSPC, EDQUOT, EFBIG}) {
    EXPECT_THAT(Of(error), StatusIs(absl::StatusCode::kResourceExhausted));
  }
  EXPECT_THAT(Of(EIO), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace rtfq
