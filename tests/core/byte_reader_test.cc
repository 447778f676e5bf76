#include "rtfq/core/byte_reader.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOkAndHolds;
using test::StatusIs;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(ByteReader, TakesInOrder) {
  const std::string file("ab\x01\x02\x03module\n\nrest");
  ByteReader reader(file, 2);
  EXPECT_THAT(reader.TakeUnsigned(3), IsOkAndHolds(0x030201u));
  EXPECT_THAT(reader.TakeLine(), IsOkAndHolds("module"));
  EXPECT_THAT(reader.TakeLine(), IsOkAndHolds(""));
  EXPECT_EQ(reader.left(), 4u);
  EXPECT_THAT(reader.Take(4), IsOkAndHolds("rest"));
  EXPECT_EQ(reader.at(), file.size());
  EXPECT_THAT(reader.Take(0), IsOkAndHolds(""));
}

TEST(ByteReader, AllEightBytesCount) {
  EXPECT_THAT(ByteReader("\xff\xff\xff\xff\xff\xff\xff\xff", 0).TakeUnsigned(8),
              IsOkAndHolds(~uint64_t{0}));
}

TEST(ByteReader, TooLittleIsSaidAndNothingTaken) {
  ByteReader reader("abc", 1);
  EXPECT_THAT(reader.Take(3), StatusIs(kInvalid, HasSubstr("3 bytes are wanted,"
                                                           " 2 follow")));
  EXPECT_THAT(reader.Take(~uint64_t{0}), StatusIs(kInvalid));
  EXPECT_THAT(reader.TakeUnsigned(4), StatusIs(kInvalid));
  EXPECT_THAT(reader.TakeLine(), StatusIs(kInvalid, HasSubstr("no line ends")));
  EXPECT_EQ(reader.at(), 1u);
  for (const size_t at : {size_t{3}, size_t{4}, ~size_t{0}}) {
    ByteReader behind("abc", at);
    EXPECT_EQ(behind.left(), 0u);
    EXPECT_THAT(behind.Take(1), StatusIs(kInvalid));
    EXPECT_THAT(behind.TakeLine(), StatusIs(kInvalid));
  }
}

TEST(ByteReader, LinesHaveAtMost255Bytes) {
  const std::string longest = std::string(255, 'x') + "\n";
  EXPECT_THAT(ByteReader(longest, 0).TakeLine(),
              IsOkAndHolds(longest.substr(0, 255)));
  const std::string longer = "x" + longest;
  EXPECT_THAT(ByteReader(longer, 0).TakeLine(), StatusIs(kInvalid));
}

}  // namespace
}  // namespace rtfq
