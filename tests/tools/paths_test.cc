#include "rtfq/tools/paths.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

TEST(AbsolutePath, IsRelativeToWhereThePersonStands) {
  EXPECT_EQ(AbsolutePath("", "/work", "/home/a"), "");
  EXPECT_EQ(AbsolutePath("runs/a", "/work", "/home/a"), "/work/runs/a");
  EXPECT_EQ(AbsolutePath("../x/./y/", "/work/z", "/home/a"), "/work/x/y");
  EXPECT_EQ(AbsolutePath("/abs", "/work", "/home/a"), "/abs");
  EXPECT_EQ(AbsolutePath("/", "/work", "/home/a"), "/");
}

TEST(AbsolutePath, ReplacesALeadingTilde) {
  EXPECT_EQ(AbsolutePath("~/data", "/work", "/home/a"), "/home/a/data");
  EXPECT_EQ(AbsolutePath("~", "/work", "/home/a"), "/home/a");
  EXPECT_EQ(AbsolutePath("~other/x", "/work", "/home/a"), "/work/~other/x");
  EXPECT_EQ(AbsolutePath("~/x", "/work", ""), "/work/~/x");
}

TEST(UserPath, PrefersBazelsFolder) {
  ::setenv("BUILD_WORKING_DIRECTORY", "/somewhere", 1);
  EXPECT_EQ(UserPath("a"), "/somewhere/a");
  ::unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_NE(UserPath("a"), "/somewhere/a");
  EXPECT_EQ(UserPath("a").front(), '/');
}

}  // namespace
}  // namespace rtfq
