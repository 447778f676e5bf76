#include "rtfq/core/strided_bytes.h"

#include <limits>
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
constexpr int64_t kHuge = int64_t{1} << 62;

TEST(StridedBytes, GathersInRowMajorOrder) {
  const std::string storage = "0123456789";
  const auto gather = [&](const StridedLayout& layout) {
    return GatherRowMajor(layout, storage, 1);
  };
  EXPECT_EQ(gather({1, {2, 3}, {3, 1}}), "123456");  // as it lies
  EXPECT_EQ(gather({0, {3, 2}, {1, 3}}), "031425");  // transposed
  EXPECT_EQ(gather({9, {2, 2}, {0, 0}}), "9999");    // expanded
  EXPECT_EQ(gather({0, {2, 1, 3}, {5, 7, 2}}), "024579");
  EXPECT_EQ(gather({4, {}, {}}), "4");
  // A dimension of one element has any stride: nobody walks along it.
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(gather({1, {2, 1}, {2, kLargest}}), "13");
  EXPECT_EQ(gather({1, {1, 2}, {kLargest, 2}}), "13");
  EXPECT_EQ(gather({4, {3, 0}, {1, 1}}), "");
  EXPECT_EQ(GatherRowMajor({1, {2, 2}, {1, 2}}, storage, 2), "23674589");
}

TEST(StridedBytes, KnowsWhatLiesRowMajor) {
  EXPECT_TRUE(IsRowMajor({5, {2, 3}, {3, 1}}));
  EXPECT_TRUE(IsRowMajor({5, {2, 1, 3}, {3, 99, 1}}));
  EXPECT_TRUE(IsRowMajor({0, {}, {}}));
  EXPECT_TRUE(IsRowMajor({0, {3, 0}, {7, 7}}));
  EXPECT_FALSE(IsRowMajor({0, {3, 2}, {1, 3}}));
  EXPECT_FALSE(IsRowMajor({0, {2}, {0}}));
}

TEST(StridedBytes, CountsWhatFits) {
  EXPECT_THAT(CheckLayout({1, {2, 3}, {3, 1}}, 7, 6), IsOkAndHolds(6));
  EXPECT_THAT(CheckLayout({6, {}, {}}, 7, 1), IsOkAndHolds(1));
  EXPECT_THAT(CheckLayout({99, {kHuge, 0}, {kHuge, 1}}, 0, 0), IsOkAndHolds(0));
  EXPECT_THAT(CheckLayout({0, {1, 1}, {kHuge, kHuge}}, 1, 1), IsOkAndHolds(1));
}

TEST(StridedBytes, WhatReachesBeyondIsRefused) {
  const auto message = [](const StridedLayout& layout) {
    return std::string(CheckLayout(layout, 6, 24).status().message());
  };
  EXPECT_THAT(message({1, {2, 3}, {3, 1}}),
              HasSubstr("reaches to element 6, but its storage has 6"));
  EXPECT_THAT(message({6, {}, {}}), HasSubstr("reaches to element 6"));
  EXPECT_THAT(message({0, {2, 3}, {kHuge, kHuge}}), HasSubstr("2^63 or more"));
  EXPECT_THAT(message({kHuge, {3}, {kHuge}}), HasSubstr("2^63 or more"));
  EXPECT_THAT(message({0, {kHuge, kHuge}, {0, 0}}), HasSubstr("2^63 or more"));
  EXPECT_THAT(message({0, {kHuge, kHuge, 0}, {0, 0, 0}}),
              HasSubstr("2^63 or more"));
  EXPECT_THAT(message({0, {25}, {0}}), HasSubstr("has 25 elements"));
  for (const StridedLayout& negative :
       {StridedLayout{-1, {1}, {1}}, StridedLayout{0, {-1}, {1}},
        StridedLayout{5, {2}, {-1}}, StridedLayout{0, {0, -1}, {1, 1}},
        StridedLayout{0, {-1, -1}, {1, 1}}}) {
    EXPECT_THAT(message(negative), HasSubstr("negative"));
  }
  EXPECT_THAT(message({0, {1}, {}}), HasSubstr("1 dimensions and 0 strides"));
  const std::vector<int64_t> ones(65, 1);
  EXPECT_THAT(CheckLayout({0, ones, ones}, 6, 6),
              StatusIs(kInvalid, HasSubstr("at most 64")));
}

}  // namespace
}  // namespace rtfq
