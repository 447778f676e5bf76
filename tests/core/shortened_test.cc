#include "rtfq/core/shortened.h"

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(Shortened, ShowsEightAndCountsTheRest) {
  std::vector<std::string> names;
  EXPECT_EQ(Shortened(names), "");
  names.push_back("a");
  EXPECT_EQ(Shortened(names), "a");
  names.resize(8, "b");
  EXPECT_EQ(Shortened(names), "a, b, b, b, b, b, b, b");
  names.resize(11, "c");
  EXPECT_EQ(Shortened(names), "a, b, b, b, b, b, b, b and 3 more");
}

}  // namespace
}  // namespace rtfq
